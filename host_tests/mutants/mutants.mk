# SPDX-License-Identifier: MIT
# Mutation tests: make one change at a time, and check that a test fails.

MUTANTS := $(PYTHON) host_tests/mutants

.PHONY: mutants
mutants: $(VENV)/.ready ## change lib/autoip in one place at a time, and print the changes for which no test fails (MUTATED=file: one file)
	$(STEP)mutants "a thousand mutants of lib/autoip, six minutes" $(MUTANTS)/run.py $(MUTATED)

.PHONY: mutants-c
mutants-c: wire apps-packages ## apply each change in host_tests/mutants/c.toml to firmware/, and check that a test fails (MUTATED=word: only changes whose name or file contains this word)
	$(Q)$(MAKE) firmware BOARD=UNIX_TAP SANITIZE=1
	$(Q)$(AS_ROOT) $(MUTANTS)/run_c.py $(MUTATED)
