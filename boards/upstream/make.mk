# SPDX-License-Identifier: MIT
# Ports that are built with make and a Cortex-M compiler. MicroPython 1.25 looks for C modules in the directories
# below USER_C_MODULES. Later versions also look in USER_C_MODULES itself.

BUILD_PACKAGES += gcc-arm-none-eabi libnewlib-arm-none-eabi
C_MODULES := $(CURDIR)

.PHONY: flash
flash: ## write the firmware of BOARD to a board, with MicroPython's `make deploy`
	@boards/upstream/boards.py check "$(MICROPY_CHECKOUT)" $(BOARD)
	$(UPSTREAM_MAKE) -C $(UPSTREAM_PORT_DIR) $(UPSTREAM_FLAGS) deploy
