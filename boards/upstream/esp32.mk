# SPDX-License-Identifier: MIT
# esp32: all chips of the family. Built with cmake, and with an ESP-IDF that is active in the shell.

FIRMWARE := $(BOARD_BUILD)/firmware.bin
# The packages that ESP-IDF needs before it installs its own tools.
IDF_PACKAGES := bison cmake flex gperf libffi-dev libssl-dev libusb-1.0-0 ninja-build python3-venv wget
CHECK_TOOLS := boards/upstream/check-idf.sh $(BOARD)

.PHONY: flash
flash: check-firmware $(BOARD_TOOLS)/.ready ## write the firmware of BOARD to a board (PORT=/dev/ttyUSB0)
	@boards/upstream/flash-esp32.sh $(BOARD_TOOLS)/bin/esptool $(BOARD_BUILD) "$(PORT)"
