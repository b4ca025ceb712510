# SPDX-License-Identifier: MIT
# The tests of real programs on the boards. The programs need MicroPython packages, and their clients on the host
# need Debian packages and Python packages.

APPS := $(BUILD)/apps
APPS_PACKAGES := apache2-utils curl nmap openssl

.PHONY: apps-packages
apps-packages: $(APPS)/.ready $(APPS)/mosquitto
	$(INSTALL) $(APPS_PACKAGES)

$(APPS)/.ready: host_tests/apps/packages.txt host_tests/apps/packages.py host_tests/apps/requirements.txt $(MPY_CROSS) | $(VENV)/.ready $(MICROPY_DIR)
	$(STEP)venv-apps "Python packages for the programs (about 15 s)" \
		host_tests/install-python.sh $(VENV) host_tests/apps/requirements.txt
	$(STEP)apps "the programs for the boards" $(PYTHON) host_tests/apps/packages.py $(MICROPY_DIR) $(MPY_CROSS) $(APPS)/lib
	$(Q)touch $@

$(APPS)/mosquitto:
	$(STEP)mosquitto "mosquitto from Debian" host_tests/apps/mosquitto.sh "$(SUDO)" $@

.PHONY: apps
apps: wire apps-packages ## run real programs on boards while their addresses change, and write docs/programs.md
	$(Q)$(MAKE) firmwares
	$(Q)rm -rf $(APPS)/results
	$(Q)$(AS_ROOT) env APPS=all $(PYTHON) -m pytest -n $(WORKERS) host_tests/apps
	$(Q)PYTHONPATH=host_tests $(PYTHON) -m apps.report docs/programs.md
