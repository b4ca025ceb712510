# What is derived from the code, and what a release takes: docs/releasing.md.

.PHONY: package
package: ## write the version and the files of lib/autoip into package.json and manifest.py
	python3 release/package.py

# What lint looks at besides style: nothing that was derived is stale.
.PHONY: check-derived
check-derived: $(VENV)/.ready
	python3 release/package.py check

lint: check-derived
