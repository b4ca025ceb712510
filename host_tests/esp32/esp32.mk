# SPDX-License-Identifier: MIT
# The firmware of BOARD runs in QEMU, on a network with real peers. EMULATOR=1 builds the firmware with QEMU's Ethernet
# in a separate directory. SANITIZE=1 adds ESP-IDF's checks of the heap and of the callers of lwIP. QEMU=program selects
# an emulator other than Espressif's QEMU. NIC=model selects another emulated network card, for example one for Wi-Fi.

CHIP_OF_ESP32_GENERIC := esp32
CHIP_OF_ESP32_GENERIC_C3 := esp32c3
CHIP_OF_ESP32_GENERIC_S3 := esp32s3
ESP32_CHIP := $(CHIP_OF_$(BOARD))
QEMU ?= $(if $(filter esp32c3,$(ESP32_CHIP)),qemu-system-riscv32,qemu-system-xtensa)
NIC ?= open_eth

ESP32_BUILD := $(BOARD_BUILD)-qemu$(if $(SANITIZE),-sanitize)
ESP32_SETTINGS := $(addprefix $(CURDIR)/host_tests/esp32/sdkconfig., qemu $(if $(SANITIZE),sanitize))

ifeq ($(EMULATOR),1)
BOARD_BUILD := $(ESP32_BUILD)
C_MODULES := $(CURDIR)/host_tests/esp32
BOARD_FLAGS := BOARD_DIR=$(abspath $(ESP32_BUILD)-board)
$(ESP32_BUILD)/firmware.bin: | $(ESP32_BUILD)-board
endif

# A copy of the board's directory in MicroPython, with additional settings.
.PHONY: $(ESP32_BUILD)-board
$(ESP32_BUILD)-board: | check-esp32
	@rm -rf $@
	@mkdir -p $(@D)
	@cp -r $(UPSTREAM_PORT_DIR)/boards/$(BOARD) $@
	@echo 'list(APPEND SDKCONFIG_DEFAULTS $(ESP32_SETTINGS))' >> $@/mpconfigboard.cmake

.PHONY: check-esp32
check-esp32: check-checkout
	@host_tests/esp32/check-qemu.sh $(BOARD) $(ESP32_CHIP) "$(QEMU)"

.PHONY: test-board
test-board: check-esp32 wire ## run the firmware of BOARD in an emulator, on a network with peers
	$(Q)$(MAKE) firmware BOARD=$(BOARD) EMULATOR=1
	$(Q)$(AS_ROOT) env ESP32_BUILD=$(abspath $(ESP32_BUILD)) ESP32_CHIP=$(ESP32_CHIP) NIC=$(NIC) QEMU="$$(command -v "$(QEMU)")" \
		$(PYTHON) -m pytest -n auto host_tests/wire -m esp32 $(PYTEST)
	@test ! -f $(ESP32_BUILD)/figures.txt || cat $(ESP32_BUILD)/figures.txt
