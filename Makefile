# SPDX-License-Identifier: MIT
# autoip's front door: `make help` lists what there is.

BOARD ?= UNIX_TAP
BUILD := build
VENV := $(BUILD)/venv
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

include boards/sources.mk
# A board of ours, or one of MicroPython's own.
include $(firstword $(wildcard boards/$(BOARD)/board.mk) boards/upstream/upstream.mk)
include host_tests/tests.mk
include host_tests/fuzz/fuzz.mk
include host_tests/conformance/conformance.mk
include bench/bench.mk
include release/release.mk

.PHONY: clean
clean: ## remove all that was built
	rm -rf $(BUILD)
