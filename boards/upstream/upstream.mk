# SPDX-License-Identifier: MIT
# MicroPython's own boards, by their upstream names: the part that all ports have in common. PORT.mk next to this
# file has what is specific to a port. tested.txt lists the boards that have been tried.

BOARD_BUILD := $(BUILD)/$(BOARD)
UPSTREAM_PORT := $(or \
	$(patsubst $(MICROPY_CHECKOUT)/ports/%/boards/$(BOARD),%,$(wildcard $(MICROPY_CHECKOUT)/ports/*/boards/$(BOARD))), \
	$(file <$(BOARD_BUILD)/port))
UPSTREAM_PORT_DIR := $(MICROPY_CHECKOUT)/ports/$(UPSTREAM_PORT)

# The tools that access a board: mpremote and esptool.
BOARD_TOOLS := $(BUILD)/board-tools

# A port's file may add to these.
C_MODULES := $(CURDIR)/firmware
CHECK_TOOLS := true

# An emulator runs the firmware of these boards.
ifneq ($(filter RPI_PICO_W W5500_EVB_PICO,$(BOARD)),)
include host_tests/emulator/emulator.mk
endif
ifneq ($(filter ESP32_GENERIC ESP32_GENERIC_C3 ESP32_GENERIC_S3,$(BOARD)),)
include host_tests/esp32/esp32.mk
endif

ifneq ($(wildcard boards/upstream/$(UPSTREAM_PORT).mk),)
include boards/upstream/$(UPSTREAM_PORT).mk
else
FIRMWARE := $(BOARD_BUILD)/firmware
.PHONY: flash
flash: $(FIRMWARE)
endif

UPSTREAM_MAKE = env $$(boards/upstream/stamp.sh $(MICROPY_CHECKOUT)) MICROPY_MPYCROSS=$(MICROPY_CHECKOUT)/mpy-cross/build/mpy-cross $(MAKE) -j$(shell nproc)
UPSTREAM_FLAGS = BOARD=$(BOARD) BUILD=$(abspath $(BOARD_BUILD)) USER_C_MODULES=$(C_MODULES) \
	FROZEN_MANIFEST=$(abspath $(BOARD_BUILD))/manifest.py $(BOARD_FLAGS)

.PHONY: firmware
firmware: $(FIRMWARE) ## build the firmware of BOARD (MICROPY_DIR: a checkout of MicroPython)

# MicroPython's make knows what has to be built again.
.PHONY: $(FIRMWARE)
$(FIRMWARE): | build-packages
	@boards/upstream/boards.py manifest "$(MICROPY_CHECKOUT)" $(BOARD) $(BOARD_BUILD)
	$(STEP)mpy-cross-upstream "mpy-cross (about 15 s the first time)" $(UPSTREAM_MAKE) -C $(MICROPY_CHECKOUT)/mpy-cross
	$(STEP)$(BOARD) "$@, some minutes the first time" $(UPSTREAM_MAKE) -C $(UPSTREAM_PORT_DIR) $(UPSTREAM_FLAGS)

# First check what the user has to install. Then install packages.
build-packages: check-checkout

.PHONY: run
run:
	@echo "$(BOARD) is a real board: make flash BOARD=$(BOARD). make run starts one of: $(OUR_BOARDS)" >&2; exit 1

.PHONY: check-checkout
check-checkout: | python
	@all=1; boards/upstream/boards.py check "$(MICROPY_CHECKOUT)" $(BOARD) || all=; $(CHECK_TOOLS) || all=; [ "$$all" ]

.PHONY: check-firmware
check-firmware:
	@[ -f $(FIRMWARE) ] || { echo "$(FIRMWARE) does not exist: run make firmware BOARD=$(BOARD) first" >&2; exit 1; }

$(BOARD_TOOLS)/.ready: boards/upstream/requirements.txt | python-venv
	$(STEP)board-tools "mpremote and esptool, half a minute the first time" host_tests/install-python.sh $(BOARD_TOOLS) $<
	$(Q)touch $@

# The environment passes values unchanged, including quotes, spaces and dollar signs.
ifneq ($(origin SSID),undefined)
override export SSID := $(value SSID)
endif
ifneq ($(origin KEY),undefined)
override export KEY := $(value KEY)
endif

.PHONY: deploy
deploy: $(BOARD_TOOLS)/.ready ## copy a boot.py to a board (PORT=/dev/ttyACM0 SSID= KEY=, BOOT_PY=, OVERWRITE=1)
	@boards/upstream/deploy.sh $(BOARD_TOOLS)/bin/mpremote "$(PORT)" "$(BOOT_PY)" "$(OVERWRITE)"
