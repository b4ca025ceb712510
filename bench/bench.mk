# SPDX-License-Identifier: MIT
# What autoip costs on QEMU_MPS2, compared with lwIP's own AutoIP and with a build without either. KEEP=1 writes the
# figures to docs/cost.json and docs/cost.md. Commit these files.

COMPARED := none lwip autoip
BENCH := $(SCRIPT) bench

.PHONY: compared
compared: $(VENV)/.ready
	$(Q)for build in $(COMPARED); do $(MAKE) firmware BOARD=QEMU_MPS2 LINK_LOCAL=$$build || exit; done

.PHONY: size
size: compared ## print flash, RAM and stack, and the change since the last commit (KEEP=1: write docs/cost.md)
	$(Q)$(BENCH)/size.py $(if $(KEEP),keep)

.PHONY: check-cost
check-cost: compared
	$(Q)$(BENCH)/size.py check

lint: check-cost

.PHONY: bench
bench: compared ## print instructions per frame, frames sent and times, and the change since the last commit (KEEP=1: write docs/cost.md)
	$(Q)$(BENCH)/bench.py $(if $(KEEP),keep)
