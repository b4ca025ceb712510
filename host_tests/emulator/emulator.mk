# SPDX-License-Identifier: MIT
# Runs the firmware of BOARD in an emulator, on a wire with real peers. For a Pico W, EMULATOR=1 builds the firmware
# in a separate directory, with radio.c instead of the lowest layer of the CYW43 driver.

EMULATOR_BUILD := $(BUILD)/emulator
EMULATOR_FILES := $(addprefix host_tests/emulator/, emulator.mjs radio.mjs w5500.mjs package.json package-lock.json)

ifeq ($(BOARD)-$(EMULATOR),RPI_PICO_W-1)
BOARD_BUILD := $(BOARD_BUILD)-emulator
C_MODULES := $(CURDIR)/host_tests/emulator
endif

$(EMULATOR_BUILD)/.ready: $(EMULATOR_FILES)
	$(if $(shell command -v npm),,$(INSTALL) nodejs npm)
	$(Q)mkdir -p $(@D)
	$(Q)cp $^ $(@D)
	$(STEP)emulator "the emulator" sh -c "cd $(@D) && npm ci"
	$(Q)touch $@

$(EMULATOR_BUILD)/bootrom.bin: host_tests/emulator/bootrom.c host_tests/emulator/bootrom.ld | build-packages
	$(Q)mkdir -p $(@D)
	$(Q)arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb -Os -std=gnu11 -Wall -Wextra -Werror -ffreestanding \
		-fno-tree-loop-distribute-patterns -nostdlib -T host_tests/emulator/bootrom.ld $< -lgcc -o $(@:.bin=.elf)
	$(Q)arm-none-eabi-objcopy -O binary $(@:.bin=.elf) $@

.PHONY: test-board
test-board: check-checkout wire $(BOARD_TOOLS)/.ready $(EMULATOR_BUILD)/.ready $(EMULATOR_BUILD)/bootrom.bin ## run the firmware of BOARD in an emulator, on a network with peers
	$(Q)$(MAKE) firmware BOARD=$(BOARD) EMULATOR=1
	$(Q)$(AS_ROOT) env BOARD=$(BOARD) $(PYTHON) -m pytest host_tests/emulator $(PYTEST)
