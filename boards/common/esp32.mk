# A board of MicroPython's esp32 port: upstream's board of the same name, with the C module, and with a
# manifest that adds the Python package to upstream's. Needs an ESP-IDF that is active in the shell.

FIRMWARE := $(BOARD_BUILD)/firmware.bin
SUBMODULES := berkeley-db-1.xx/btree micropython-lib/micropython

.PHONY: firmware
firmware: $(FIRMWARE) ## build the firmware of BOARD (MICROPY_DIR: a checkout of MicroPython; ESP-IDF active)

# MicroPython's make knows what has to be built anew.
.PHONY: $(FIRMWARE)
$(FIRMWARE): | build-packages
	@boards/common/check-micropython.sh esp32 $(BOARD) "$(MICROPY_CHECKOUT)" $(SUBMODULES)
	@boards/common/check-idf.sh $(BOARD)
	@boards/common/drop-stale-build.sh $(BOARD_BUILD) $(MICROPY_CHECKOUT)/ports/esp32
	$(UPSTREAM_MAKE) -C $(MICROPY_CHECKOUT)/mpy-cross
	$(UPSTREAM_MAKE) -C $(MICROPY_CHECKOUT)/ports/esp32 BUILD=$(abspath $(BOARD_BUILD)) $(UPSTREAM_FLAGS)

.PHONY: flash
flash: $(BOARD_TOOLS)/.ready ## write the firmware of BOARD to a board (PORT=/dev/ttyUSB0)
	@boards/common/flash-esp32.sh $(BOARD_TOOLS)/bin/esptool $(FIRMWARE) $(FLASH_OFFSET) "$(PORT)"
