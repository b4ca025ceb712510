# A board of MicroPython's rp2 port: upstream's board of the same name, with the C module, and with a
# manifest that adds the Python package to upstream's.

BUILD_PACKAGES += cmake gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib
FIRMWARE := $(BOARD_BUILD)/firmware.uf2
SUBMODULES := pico-sdk/src cyw43-driver/src lwip/src tinyusb/src mbedtls/library btstack/src micropython-lib/micropython

.PHONY: firmware
firmware: $(FIRMWARE) ## build the firmware of BOARD (MICROPY_DIR: a checkout of MicroPython)

# MicroPython's make knows what has to be built anew.
.PHONY: $(FIRMWARE)
$(FIRMWARE): | build-packages
	@boards/common/check-micropython.sh rp2 $(BOARD) "$(MICROPY_CHECKOUT)" $(SUBMODULES)
	@boards/common/drop-stale-build.sh $(BOARD_BUILD) $(MICROPY_CHECKOUT)/ports/rp2
	$(UPSTREAM_MAKE) -C $(MICROPY_CHECKOUT)/mpy-cross
	$(UPSTREAM_MAKE) -C $(MICROPY_CHECKOUT)/ports/rp2 BUILD=$(abspath $(BOARD_BUILD)) $(UPSTREAM_FLAGS)

.PHONY: flash
flash: $(BOARD_TOOLS)/.ready ## write the firmware of BOARD to a board (PORT=/dev/ttyACM0)
	@boards/common/flash-rp2.sh $(BOARD_TOOLS)/bin/mpremote $(FIRMWARE) "$(PORT)"
