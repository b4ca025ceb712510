# SPDX-License-Identifier: MIT
# docs/conformance.md lists each clause of clauses.toml, the tests that name it, and the results of these tests.

CONFORMANCE := $(SCRIPT) host_tests/conformance
CLAIMS := $(BUILD)/claims.json
JUNIT := $(BUILD)/conformance.xml

.PHONY: conformance
conformance: ## run all tests, measure 120 claims, and write docs/conformance.md (takes 15 minutes)
	$(Q)$(MAKE) claims
	-$(Q)$(MAKE) test PYTEST="--junitxml=$(JUNIT)"  # the run reports failed tests at its end
	$(Q)$(MAKE) conformance-page RESULTS="$(JUNIT) $(CLAIMS)"

# RESULTS: the new results of a run. Without them, the page is written from docs/conformance.json.
.PHONY: conformance-page
conformance-page: $(VENV)/.ready
	$(Q)$(CONFORMANCE)/report.py $(RESULTS)

# make lint runs this check: the tests, the clauses and the page must agree.
.PHONY: check-conformance
check-conformance: $(VENV)/.ready
	$(Q)$(CONFORMANCE)/report.py --check

lint: check-conformance

.PHONY: claims
claims: wire
	$(Q)$(MAKE) firmware BOARD=UNIX_TAP
	$(Q)$(AS_ROOT) $(SCRIPT) host_tests/conformance/timing.py $(CLAIMS)
