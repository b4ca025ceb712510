# SPDX-License-Identifier: MIT
# These targets measure the cost of autoip on QEMU_MPS2, and compare it with lwIP's AutoIP and with a build that has
# neither. KEEP=1 writes the figures to docs/cost.json and docs/cost.md. Commit these files.

COMPARED := none lwip autoip
BENCH := $(SCRIPT) bench

.PHONY: compared
compared: $(VENV)/.ready
	$(Q)for build in $(COMPARED); do $(MAKE) firmware BOARD=QEMU_MPS2 LINK_LOCAL=$$build || exit; done

.PHONY: size
size: compared ## measure flash, RAM and stack, and print the change since the last commit (KEEP=1: write docs/cost.md)
	$(Q)$(BENCH)/size.py $(if $(KEEP),keep)

.PHONY: check-cost
check-cost: compared
	$(Q)$(BENCH)/size.py check

lint: check-cost

.PHONY: bench
bench: compared ## count instructions per frame, measure times, and print the change since the last commit (KEEP=1: write docs/cost.md)
	$(Q)$(BENCH)/bench.py $(if $(KEEP),keep)
