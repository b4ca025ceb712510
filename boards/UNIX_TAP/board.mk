# SPDX-License-Identifier: MIT
# UNIX_TAP: MicroPython's unix port with lwIP on a Linux TAP device. SANITIZE=1 builds it with ASan
# and UBSan, SANITIZE=thread with TSan, COVERAGE=1 with gcov's counters, in folders of their own.

BOARD_BUILD := $(BUILD)/$(BOARD)$(if $(SANITIZE),-sanitize$(patsubst %,-%,$(filter-out 1,$(SANITIZE))))$(if $(COVERAGE),-coverage)
FIRMWARE := $(BOARD_BUILD)/micropython

.PHONY: firmware
firmware: $(FIRMWARE) ## build the firmware of BOARD (SANITIZE=1: with ASan and UBSan)

# MicroPython's make knows what has to be built anew.
.PHONY: $(FIRMWARE)
$(FIRMWARE): $(MPY_CROSS) $(BUILD)/lwip
	$(STEP)$(notdir $(@D)) "$@, a minute the first time" \
		$(MAKE) -j$(shell nproc) -C $(MICROPY_DIR)/ports/unix VARIANT_DIR=$(abspath boards/$(BOARD)) BUILD=$(abspath $(@D)) \
		MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) MICROPY_MPYCROSS_DEPENDENCY= \
		AUTOIP_DIR=$(CURDIR) LWIP_DIR=$(BUILD)/lwip/src SANITIZE=$(SANITIZE) COVERAGE=$(COVERAGE)

include boards/common/no_hardware.mk
