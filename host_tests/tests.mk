# SPDX-License-Identifier: MIT
# The tests, the demonstration and the checks of style, with all that they need.

PYTHON := $(VENV)/bin/python
TEST_PACKAGES := python3-venv iproute2 iputils-ping avahi-autoipd dnsmasq-base shellcheck
BROWSER_PACKAGES := chromium
C_FILES := $(wildcard firmware/*.[ch] firmware/*/*.[ch] boards/*/*.[ch] boards/*/*/*.h boards/*/*/*/*.h host_tests/emulator/*.c \
	host_tests/fuzz/*.c host_tests/fuzz/stubs/*.h host_tests/fuzz/stubs/py/*.h)

$(VENV)/.ready: host_tests/requirements.txt
	@host_tests/install-packages.sh "$(SUDO)" $(TEST_PACKAGES)
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet -r $<
	touch $@

.PHONY: firmwares
firmwares:
	$(MAKE) firmware BOARD=UNIX_TAP
	$(MAKE) firmware BOARD=UNIX_TAP SANITIZE=1
	$(MAKE) firmware BOARD=UNIX_TASK SANITIZE=1
	$(MAKE) firmware BOARD=QEMU_MPS2

# Namespaces, bridges and TAP devices need root; PYTEST holds what is added to pytest's command line.
.PHONY: test
test: $(VENV)/.ready ## build and run all tests (PYTEST="-k name": some)
	@host_tests/install-packages.sh "$(SUDO)" $(BROWSER_PACKAGES)
	$(MAKE) firmwares
	$(MAKE) $(FUZZ)/link_input
	$(SUDO) $(PYTHON) -m pytest -n auto host_tests $(PYTEST)

.PHONY: demo
demo: $(VENV)/.ready firmware ## boards and a Linux host find addresses, an adversary attacks one (KEEP=1: the README's picture)
ifneq ($(BOARD),UNIX_TAP)
	$(MAKE) firmware BOARD=UNIX_TAP
endif
	$(SUDO) env PYTHONPATH=. $(PYTHON) host_tests/demo.py $(BOARD) $(if $(KEEP),keep)

# PCAP and SVG arrive whole by the environment, with blanks and quotes.
.PHONY: view
view: export VIEW_PCAP = $(value PCAP)
view: export VIEW_SVG = $(value SVG)
view: $(VENV)/.ready ## tell a capture as a timeline, and draw it (PCAP=file SVG=out.svg)
	@$(if $(PCAP),,$(error which capture? make view PCAP=file SVG=picture.svg))
	@$(PYTHON) -m autoip_view $${VIEW_SVG:+--svg "$$VIEW_SVG"} -- "$$VIEW_PCAP"

.PHONY: page
page: $(VENV)/.ready ## an emulated board's web page in a browser, by name and by address: half a minute
	@host_tests/install-packages.sh "$(SUDO)" $(BROWSER_PACKAGES)
	$(MAKE) firmware BOARD=QEMU_MPS2
	$(SUDO) $(PYTHON) host_tests/page.py

MINUTES ?= 20

.PHONY: soak
soak: $(VENV)/.ready ## all kinds of boards and a Linux host in trouble on one wire (MINUTES=20)
	$(MAKE) firmwares
	$(SUDO) env PYTHONPATH=host_tests $(PYTHON) -m wire.soak $(MINUTES)

.PHONY: scale
scale: $(VENV)/.ready ## up to 60,000 hosts on one virtual link: write docs/scale.md
	PYTHONPATH=lib:host_tests/engine:host_tests/engine/shim $(PYTHON) host_tests/engine/cpython/scale.py docs/scale.md

.PHONY: lint
lint: $(VENV)/.ready | $(MICROPY_DIR) ## check the style of Python, shell and C, and the spelling
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/codespell
	$(CONFORMANCE)/page.py --check
	$(VENV)/bin/uncrustify -q -c $(MICROPY_DIR)/tools/uncrustify.cfg -lC --check $(C_FILES)
	shellcheck boards/*.sh boards/upstream/*.sh host_tests/*.sh .ci/run
