# SPDX-License-Identifier: MIT
# These targets run the wire tests on a real board, and write the table of the reports.

# The variables are exported unchanged, so their values may contain quotes, spaces and dollar signs.
ifneq ($(filter test-hardware,$(MAKECMDGOALS)),)
ifneq ($(origin LINK_CMD),undefined)
override export LINK_CMD := $(value LINK_CMD)
endif
export PORT NIC NO_HANDS FORCE
endif

HARDWARE_VARIABLES := PORT,NIC,SSID,KEY,NO_HANDS,LINK_CMD,FORCE
AS_ROOT_WITH_VARIABLES := $(if $(ROOT),,sudo --preserve-env=$(HARDWARE_VARIABLES) host_tests/hand-back.sh)

# A Wi-Fi card becomes an access point, which needs these packages.
.PHONY: access-point-packages
access-point-packages:
	$(INSTALL) hostapd iw

.PHONY: test-hardware
test-hardware: wire $(if $(wildcard /sys/class/net/$(NIC)/phy80211),access-point-packages) ## test a real board, see docs/hardware.md (BOARD= PORT= NIC=, SSID= KEY=, NO_HANDS=1, LINK_CMD=)
	$(Q)$(AS_ROOT_WITH_VARIABLES) env PYTHONPATH=. BOARD=$(BOARD) IMAGE=$(wildcard $(FIRMWARE)) $(SCRIPT) host_tests/hardware/run.py $(PYTEST)

REPORTS ?= docs/hardware

.PHONY: boards-table
boards-table: | python ## write the table of hardware reports in docs/boards.md (REPORTS=docs/hardware)
	$(Q)python3 host_tests/hardware/table.py $(REPORTS)
