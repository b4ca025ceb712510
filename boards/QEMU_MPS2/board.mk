# SPDX-License-Identifier: MIT
# QEMU_MPS2: MicroPython with lwIP on an emulated Cortex-M3 with Ethernet, `qemu-system-arm -M mps2-an385`.

# The implementation of link-local addresses: autoip, or, for comparison, lwip (lwIP's own AutoIP) or none.
LINK_LOCAL ?= autoip

BOARD_BUILD := $(BUILD)/QEMU_MPS2$(if $(filter-out autoip,$(LINK_LOCAL)),-$(LINK_LOCAL))
FIRMWARE := $(BOARD_BUILD)/firmware.elf
BUILD_PACKAGES += gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm

.PHONY: firmware
firmware: $(FIRMWARE) ## build the firmware of BOARD (LINK_LOCAL=lwip or none: for comparison)

# MicroPython's make knows what has to be built again.
.PHONY: $(FIRMWARE)
$(FIRMWARE): $(MPY_CROSS) $(BUILD)/lwip $(BUILD)/mbedtls | build-packages
	$(STEP)$(notdir $(@D)) "$@, a minute the first time" \
		$(MAKE) -j$(shell nproc) -C boards/QEMU_MPS2 BUILD=$(abspath $(@D)) MICROPY_DIR=$(abspath $(MICROPY_DIR)) \
		MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) MICROPY_MPYCROSS_DEPENDENCY= \
		AUTOIP_DIR=$(CURDIR) LWIP_DIR=$(BUILD)/lwip/src MBEDTLS_DIR=$(BUILD)/mbedtls LINK_LOCAL=$(LINK_LOCAL)

# The network to which the board's Ethernet is connected, as an option of QEMU. `user` is a network inside QEMU.
NIC ?= user
MAC ?= 52:54:00:12:34:56
# The board's serial port: this terminal (Ctrl-A X ends QEMU), or `pty`, a port for mpremote.
SERIAL ?= mon:stdio

.PHONY: run
run: $(FIRMWARE) ## start BOARD's REPL, until Ctrl-A X (NIC=tap,ifname=tap0,script=no,downscript=no; SERIAL=pty)
	@echo "Starting QEMU_MPS2. Press Ctrl-A X to quit."
	@qemu-system-arm -M mps2-an385 -kernel $< -nic $(NIC),model=lan9118,mac=$(MAC) \
		-display none -serial $(SERIAL)

include boards/common/no_hardware.mk
