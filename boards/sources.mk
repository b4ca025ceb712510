# SPDX-License-Identifier: MIT
# The sources of MicroPython, lwIP and Mbed TLS: the trees that the user names with MICROPY_DIR, LWIP_DIR and
# MBEDTLS_DIR, or the source packages of Debian trixie.

MICROPY_DIR ?= $(BUILD)/src/micropython
LWIP_DIR ?= $(BUILD)/src/lwip
MBEDTLS_DIR ?= $(BUILD)/src/mbedtls

# MicroPython's own boards need a checkout with submodules. Debian's source package has no submodules.
MICROPY_CHECKOUT := $(if $(filter-out file,$(origin MICROPY_DIR)),$(abspath $(MICROPY_DIR)))

.PHONY: boards
boards: | python ## print MicroPython's own boards that autoip supports (MICROPY_DIR: a checkout of MicroPython)
	@boards/upstream/boards.py list "$(MICROPY_CHECKOUT)"

$(BUILD)/src/micropython: | build-packages
	$(STEP)micropython "MicroPython's sources from Debian, 60 MB" boards/debian-source.sh micropython 1.25.0 $@

$(BUILD)/src/lwip: | build-packages
	$(STEP)lwip "lwIP's sources from Debian, 2 MB" boards/debian-source.sh lwip 2.2.1 $@

$(BUILD)/src/mbedtls: | build-packages
	$(STEP)mbedtls "Mbed TLS's sources from Debian, 6 MB" boards/debian-source.sh mbedtls 3.6 $@

# The packages that a build needs. $(INSTALL) installs only the missing packages, and needs root for this.
BUILD_PACKAGES := build-essential dpkg-dev pkg-config python3

.PHONY: build-packages
build-packages:
	$(INSTALL) $(BUILD_PACKAGES)

.PHONY: python python-venv
python:
	$(INSTALL) python3
python-venv:
	$(INSTALL) python3 python3-venv

MPY_CROSS := $(BUILD)/mpy-cross/mpy-cross

$(MPY_CROSS): | build-packages $(MICROPY_DIR)
	$(STEP)mpy-cross "mpy-cross (about 15 s)" $(MAKE) -j$(shell nproc) -C $(MICROPY_DIR)/mpy-cross BUILD=$(abspath $(@D))

# Links to lwIP and Mbed TLS below the project's directory, where MicroPython's make looks for C modules.
$(BUILD)/lwip: | $(LWIP_DIR)
	$(Q)ln -sfn $(abspath $(LWIP_DIR)) $@

$(BUILD)/mbedtls: | $(MBEDTLS_DIR)
	$(Q)ln -sfn $(abspath $(MBEDTLS_DIR)) $@
