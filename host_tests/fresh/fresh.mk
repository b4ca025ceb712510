# SPDX-License-Identifier: MIT
# The project on a fresh, minimal Debian: on a new user's machine, without anything of this one.

FRESH_PACKAGES := debootstrap git slirp4netns util-linux
DIST ?= trixie

# The environment passes RUN unchanged, with blanks and quotes.
.PHONY: fresh
fresh: export FRESH_RUN = $(value RUN)
fresh: ## run the commands of README.md on a fresh Debian (DIST=bookworm or trixie, RUN="another command")
	@host_tests/install-packages.sh "$(SUDO)" python3 $(FRESH_PACKAGES)
	@$(AS_ROOT) python3 host_tests/fresh/fresh.py $(DIST) $(BUILD)/fresh "$$FRESH_RUN"

# All of it takes half an hour or more. WORKFLOWS=release takes some minutes.
WORKFLOWS ?= test release

.PHONY: rehearse
rehearse: $(VENV)/.ready ## run the steps of the workflows on fresh Debian machines (WORKFLOWS="test release", MICROPY_DIR)
	@host_tests/install-packages.sh "$(SUDO)" python3 $(FRESH_PACKAGES)
	@$(AS_ROOT) $(PYTHON) host_tests/fresh/rehearse.py $(BUILD)/fresh "$(MICROPY_CHECKOUT)" $(WORKFLOWS)
