# What the boards of MicroPython's own ports have in common. They need a checkout with submodules, which
# Debian's source package is not: its place is used only if the user names it.

BOARD_BUILD := $(BUILD)/$(BOARD)
MICROPY_CHECKOUT := $(if $(filter-out file,$(origin MICROPY_DIR)),$(abspath $(MICROPY_DIR)))

C_MODULES := firmware
UPSTREAM_MAKE = MICROPY_MPYCROSS=$(MICROPY_CHECKOUT)/mpy-cross/build/mpy-cross $(MAKE) -j$(shell nproc)
UPSTREAM_FLAGS = BOARD=$(BOARD) USER_C_MODULES=$(CURDIR)/$(C_MODULES) FROZEN_MANIFEST=$(CURDIR)/boards/$(BOARD)/manifest.py
