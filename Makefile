# SPDX-License-Identifier: MIT
# `make help` lists the targets.

BOARD ?= $(if $(filter run,$(MAKECMDGOALS)),QEMU_MPS2,UNIX_TAP)
BUILD := build
VENV := $(BUILD)/venv
ROOT := $(filter 0,$(shell id -u))
SUDO := $(if $(ROOT),,sudo)
AS_ROOT := $(if $(ROOT),,sudo host_tests/hand-back.sh)
INSTALL := @BUILD=$(BUILD) host_tests/install-packages.sh "$(SUDO)"

# Each step prints one line. With V=1, it prints its full output.
Q := $(if $(V),,@)
STEP := $(Q)boards/step.sh $(BUILD)/log/
MAKEFLAGS += $(if $(V),,--no-print-directory)

ifneq ($(filter 3.% 4.0% 4.1%,$(MAKE_VERSION)),)
$(error autoip needs GNU make 4.2 or newer, and this is $(MAKE_VERSION))
endif
ifneq ($(word 2,$(CURDIR)),)
$(error make can't work in $(CURDIR), because the path contains a space: move the checkout)
endif
ifneq ($(filter-out help,$(MAKECMDGOALS)),)
ifeq ($(shell [ -w $(if $(wildcard $(BUILD)),$(BUILD),$(dir $(abspath $(BUILD)))) ] && echo yes),)
$(error make can't write to $(abspath $(BUILD)): move the checkout, or pass another directory with BUILD=)
endif
endif

ifneq ($(if $(HANDED_BACK),,$(and $(ROOT),$(filter-out 0,$(shell stat -c %u .)))),)
# Root runs make in a checkout of another user, with `sudo make` or in a container.
.PHONY: $(or $(MAKECMDGOALS),help)
$(or $(MAKECMDGOALS),help):
	@host_tests/hand-back.sh $(MAKE) $@
else

.PHONY: help
help: ## print the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14
	@echo "BOARD: $(OUR_BOARDS), or a board that make boards lists. The default is UNIX_TAP. For make run, it is QEMU_MPS2."
	@echo "V=1: print the full output of each step."
	@echo "Start with: make run"

include boards/sources.mk
OUR_BOARDS := $(notdir $(patsubst %/,%,$(dir $(wildcard boards/*/board.mk))))

# BOARD is one of the boards of this project or of MicroPython.
include $(firstword $(wildcard boards/$(BOARD)/board.mk) boards/upstream/upstream.mk)
include host_tests/tests.mk
include host_tests/fresh/fresh.mk
include host_tests/hardware/hardware.mk
include autoip_view/view.mk
include host_tests/fuzz/fuzz.mk
include host_tests/mutants/mutants.mk
include host_tests/conformance/conformance.mk
include host_tests/interop/interop.mk
include host_tests/apps/apps.mk
include bench/bench.mk
include release/release.mk

.PHONY: clean
clean: ## remove all built files
	rm -rf $(BUILD)

endif
