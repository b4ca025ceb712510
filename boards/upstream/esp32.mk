# SPDX-License-Identifier: MIT
# esp32: all chips of the family. Built by cmake, with an ESP-IDF that is active in the shell.

FIRMWARE := $(BOARD_BUILD)/firmware.bin
CHECK_TOOLS := boards/upstream/check-idf.sh $(BOARD)

.PHONY: flash
flash: check-firmware $(BOARD_TOOLS)/.ready ## write the firmware of BOARD to a board (PORT=/dev/ttyUSB0)
	@boards/upstream/flash-esp32.sh $(BOARD_TOOLS)/bin/esptool $(BOARD_BUILD) "$(PORT)"
