# SPDX-License-Identifier: MIT
# For boards that run as a process or in an emulator on this machine. Targets for real boards need the name of a board.

.PHONY: flash deploy name-a-board
flash: name-a-board ## write the firmware to a board (BOARD=RPI_PICO_W or another real board)
deploy: name-a-board ## copy a boot.py to a board (BOARD=RPI_PICO_W PORT=/dev/ttyACM0)
name-a-board:
	@echo "name a real board: make $(firstword $(MAKECMDGOALS)) BOARD=RPI_PICO_W PORT=/dev/ttyACM0" >&2; exit 1
