# SPDX-License-Identifier: MIT
# rp2: RP2040 and RP2350 with Wi-Fi (like Pico W) or a WIZnet chip. Built with cmake.

BUILD_PACKAGES += cmake gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib
# If picotool is not installed, the Pico SDK downloads and builds it. Debian 12 has no picotool package.
ifneq ($(shell grep -s ^VERSION_CODENAME=trixie /etc/os-release),)
BUILD_PACKAGES += $(if $(shell command -v picotool),,picotool)
endif
FIRMWARE := $(BOARD_BUILD)/firmware.uf2

.PHONY: flash
flash: check-firmware $(BOARD_TOOLS)/.ready ## write the firmware of BOARD to a board (PORT=/dev/ttyACM0)
	@boards/upstream/flash-rp2.sh $(BOARD_TOOLS)/bin/mpremote $(FIRMWARE) "$(PORT)"
