# What the boards of MicroPython's own ports have in common. They need a checkout with submodules, which
# Debian's source package is not: its place is used only if the user names it.

BOARD_BUILD := $(BUILD)/$(BOARD)
MICROPY_CHECKOUT := $(if $(filter-out file,$(origin MICROPY_DIR)),$(abspath $(MICROPY_DIR)))

C_MODULES := firmware
UPSTREAM_MAKE = MICROPY_MPYCROSS=$(MICROPY_CHECKOUT)/mpy-cross/build/mpy-cross $(MAKE) -j$(shell nproc)
UPSTREAM_FLAGS = BOARD=$(BOARD) USER_C_MODULES=$(CURDIR)/$(C_MODULES) FROZEN_MANIFEST=$(CURDIR)/boards/$(BOARD)/manifest.py

# Tools that speak to a board, and what they give it as boot.py.
BOARD_TOOLS := $(BUILD)/board-tools
BOOT_PY ?= examples/boot_wlan.py

$(BOARD_TOOLS)/.ready: boards/requirements.txt
	@host_tests/install-packages.sh "$(SUDO)" python3-venv
	python3 -m venv $(BOARD_TOOLS)
	$(BOARD_TOOLS)/bin/python -m pip install --quiet -r $<
	touch $@

.PHONY: deploy
deploy: $(BOARD_TOOLS)/.ready ## copy BOOT_PY to a board (PORT=/dev/ttyACM0, OVERWRITE=1)
	@boards/common/deploy.sh $(BOARD_TOOLS)/bin/mpremote "$(PORT)" $(BOOT_PY) "$(OVERWRITE)"
