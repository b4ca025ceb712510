# SPDX-License-Identifier: MIT
# The tests, the demonstration and the checks of style, with everything that they need.

PYTHON := $(VENV)/bin/python
SCRIPT := $(PYTHON) host_tests/script.py
# Debian packages for the test network, for the browser, and for other implementations of link-local addresses.
WIRE_PACKAGES := dnsmasq-base iproute2 iputils-ping
BROWSER_PACKAGES := chromium
PEER_PACKAGES := dhcpcd-base systemd
C_FILES := $(wildcard firmware/*.[ch] firmware/*/*.[ch] boards/*/*.[ch] boards/*/*/*.h boards/*/*/*/*.h host_tests/emulator/*.c host_tests/esp32/*.c \
	host_tests/fuzz/*.c host_tests/fuzz/stubs/*.h host_tests/fuzz/stubs/py/*.h)

# The engine tests need only some of the packages, so they can start sooner.
$(VENV)/.engine: host_tests/requirements-engine.txt | python-venv
	$(STEP)venv-engine "Python packages for the engine tests (about 15 s)" host_tests/install-python.sh $(VENV) $<
	$(Q)touch $@

$(VENV)/.ready: host_tests/requirements.txt host_tests/requirements-engine.txt | python-venv
	$(STEP)venv "Python packages for the tests, a minute" host_tests/install-python.sh $(VENV) $<
	$(Q)touch $@

.PHONY: firmwares
firmwares:
	$(Q)$(MAKE) firmware BOARD=UNIX_TAP
	$(Q)$(MAKE) firmware BOARD=UNIX_TAP SANITIZE=1
	$(Q)$(MAKE) firmware BOARD=UNIX_TASK SANITIZE=1
	$(Q)$(MAKE) firmware BOARD=QEMU_MPS2
	$(Q)$(MAKE) firmware BOARD=QEMU_MPS2 LINK_LOCAL=lwip

# avahi-autoipd is unpacked and not installed, because an installed daemon would claim an address on this machine.
AVAHI := $(BUILD)/src/avahi

$(AVAHI):
	$(STEP)avahi "avahi-autoipd from Debian" host_tests/unpack-packages.sh "$(SUDO)" $@ avahi-autoipd libdaemon0

# Namespaces, bridges and TAP devices need root.
.PHONY: check-machine
check-machine:
	@host_tests/check-machine.sh "$(SUDO)"

# All programs that run boards and peers in network namespaces need this target.
.PHONY: wire
wire: check-machine $(VENV)/.ready $(AVAHI)
	$(INSTALL) $(WIRE_PACKAGES)

# Other implementations of IPv4 link-local addresses.
.PHONY: peers
peers: $(ZCIP)
	$(INSTALL) $(PEER_PACKAGES)

.PHONY: browser
browser:
	$(INSTALL) $(BROWSER_PACKAGES)

# Two tests per processor, because they wait for the wire most of the time.
WORKERS := $(shell expr 2 '*' $$(nproc))

# PYTEST is appended to pytest's command line.
.PHONY: test
test: wire peers browser apps-packages firmwares fuzzer ## build and run all tests: 18 minutes the first time (PYTEST="-k name": run only these)
	$(Q)$(AS_ROOT) $(PYTHON) -m pytest -n $(WORKERS) host_tests $(PYTEST)

# All of engine/ except the tests that run MicroPython.
ENGINE_TESTS := host_tests/engine --ignore host_tests/engine/cpython/test_on_micropython.py

.PHONY: test-engine
test-engine: $(VENV)/.engine ## run the tests of the protocol, which need only Python: one minute
	$(Q)$(PYTHON) -m pytest -n auto $(ENGINE_TESTS) $(PYTEST)

DEMO_BOARDS := UNIX_TAP QEMU_MPS2

.PHONY: check-demo
check-demo: check-machine
	@$(if $(filter $(DEMO_BOARDS),$(BOARD)),,echo "make demo needs one of these boards: $(DEMO_BOARDS)" >&2; exit 1)

.PHONY: demo
demo: check-demo wire firmware ## show how boards and a Linux host claim addresses, and how a board reacts to conflicts (KEEP=1: write docs/demo.svg)
ifneq ($(BOARD),UNIX_TAP)
	$(Q)$(MAKE) firmware BOARD=UNIX_TAP
endif
	@echo "the demonstration runs for about 15 s:"
	$(Q)$(AS_ROOT) env PYTHONPATH=. $(SCRIPT) host_tests/demo.py $(BOARD) $(if $(KEEP),keep)

.PHONY: page
page: wire browser ## open the web page of an emulated board in a browser; takes half a minute (KEEP=1: write docs/page.svg)
	$(Q)$(MAKE) firmware BOARD=QEMU_MPS2
	@echo "a browser opens the page of an emulated board, half a minute:"
	$(Q)$(AS_ROOT) env PYTHONPATH=. $(SCRIPT) host_tests/page.py $(if $(KEEP),keep)

MINUTES ?= 20

.PHONY: soak
soak: wire ## run a stress test with all types of boards and a Linux host on one network (MINUTES=20)
	$(Q)$(MAKE) firmwares
	$(Q)$(AS_ROOT) $(SCRIPT) wire.soak $(MINUTES)

.PHONY: scale
scale: $(VENV)/.ready ## simulate up to 60,000 hosts on one link, and write docs/scale.md: a few minutes
	$(Q)PYTHONPATH=lib:host_tests/engine:host_tests/engine/shim $(SCRIPT) host_tests/engine/cpython/scale.py docs/scale.md

.PHONY: lint-packages
lint-packages:
	$(INSTALL) git shellcheck

.PHONY: lint
lint: $(VENV)/.ready lint-packages | $(MICROPY_DIR) ## check style, spelling, types and generated files
	$(Q)$(VENV)/bin/ruff check
	$(Q)$(VENV)/bin/ruff format --check
	$(Q)$(VENV)/bin/codespell
	$(STEP)uncrustify "the style of C" $(VENV)/bin/uncrustify -q -c $(MICROPY_DIR)/tools/uncrustify.cfg -lC --check $(C_FILES)
	$(Q)shellcheck boards/*.sh boards/upstream/*.sh host_tests/*.sh host_tests/*/*.sh .ci/run
