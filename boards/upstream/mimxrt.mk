# SPDX-License-Identifier: MIT
# mimxrt: Teensy 4.1 and evaluation kits of i.MX RT, with Ethernet.

FIRMWARE := $(BOARD_BUILD)/firmware.hex
include boards/upstream/make.mk
