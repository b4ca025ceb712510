# SPDX-License-Identifier: MIT
# stm32: NUCLEO, Discovery, PYBD, Portenta and others, with Ethernet or Wi-Fi.

FIRMWARE := $(BOARD_BUILD)/firmware.hex
include boards/upstream/make.mk
