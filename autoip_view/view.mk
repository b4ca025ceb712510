# SPDX-License-Identifier: MIT
# The viewer shows which host has which address on a link.

# The values are passed in the environment, so they may contain spaces and quotes.
view watch find: export VIEW_PCAP = $(value PCAP)
view watch find: export VIEW_SVG = $(value SVG)
view watch find: export VIEW_SAVE = $(value SAVE)
view watch find: export VIEW_NIC = $(value NIC)
NICS := $(notdir $(wildcard /sys/class/net/*))

.PHONY: view
view: $(VENV)/.ready ## print a timeline of a capture, and draw a picture (PCAP=file SVG=out.svg)
	@$(if $(PCAP),,$(error make view needs a capture: make view PCAP=file SVG=picture.svg))
	@$(PYTHON) -m autoip_view $${VIEW_SVG:+--svg "$$VIEW_SVG"} -- "$$VIEW_PCAP"

.PHONY: check-nic
check-nic:
	@$(if $(NIC),,$(error make $(firstword $(MAKECMDGOALS)) needs an interface, NIC=name: $(NICS)))

.PHONY: watch
watch: check-nic $(VENV)/.ready ## show the hosts on a network live, until Ctrl-C (NIC=name SAVE=out.pcapng SVG=out.svg)
	@exec $(AS_ROOT) $(PYTHON) -m autoip_view --live "$$VIEW_NIC" $${VIEW_SAVE:+--save "$$VIEW_SAVE"} $${VIEW_SVG:+--svg "$$VIEW_SVG"}

.PHONY: find
find: check-nic $(VENV)/.ready ## print the boards on a network, or fail if there are none (NIC=name TIMEOUT=70 JSON=1)
	@exec $(AS_ROOT) $(PYTHON) -m autoip_view --find "$$VIEW_NIC" $(if $(TIMEOUT),--timeout $(TIMEOUT)) $(if $(JSON),--json)
