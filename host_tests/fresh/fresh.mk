# SPDX-License-Identifier: MIT
# These targets run the project on a fresh, minimal Debian, as on the machine of a new user. They use nothing that is
# installed on this machine.

FRESH_PACKAGES := debootstrap git slirp4netns util-linux
DIST ?= trixie

# RUN is passed in the environment, so it may contain spaces and quotes.
.PHONY: fresh
fresh: export FRESH_RUN = $(value RUN)
fresh: ## run the commands of README.md on a fresh Debian (DIST=bookworm or trixie, RUN="another command")
	@host_tests/install-packages.sh "$(SUDO)" python3 $(FRESH_PACKAGES)
	@$(AS_ROOT) python3 host_tests/fresh/fresh.py $(DIST) $(BUILD)/fresh "$$FRESH_RUN"

# Both workflows take half an hour or more. WORKFLOWS=release takes some minutes.
WORKFLOWS ?= test release

.PHONY: rehearse
rehearse: $(VENV)/.ready ## run the steps of the workflows on fresh Debian machines (WORKFLOWS="test release", MICROPY_DIR)
	@host_tests/install-packages.sh "$(SUDO)" python3 $(FRESH_PACKAGES)
	@$(AS_ROOT) $(PYTHON) host_tests/fresh/rehearse.py $(BUILD)/fresh "$(MICROPY_CHECKOUT)" $(WORKFLOWS)
