# SPDX-License-Identifier: MIT
# alif: OPENMV_AE3, with Wi-Fi.

FIRMWARE := $(BOARD_BUILD)/firmware.zip
include boards/upstream/make.mk
