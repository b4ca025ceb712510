# SPDX-License-Identifier: MIT
# Boards that are programs here: what is done to a real one wants its name.

.PHONY: flash deploy name-a-board
flash: name-a-board ## write the firmware to a board (BOARD=RPI_PICO_W or another board with hardware)
deploy: name-a-board ## copy a boot.py to a board (BOARD=RPI_PICO_W PORT=/dev/ttyACM0)
name-a-board:
	@echo "name one with hardware: make $(firstword $(MAKECMDGOALS)) BOARD=RPI_PICO_W PORT=/dev/ttyACM0" >&2; exit 1
