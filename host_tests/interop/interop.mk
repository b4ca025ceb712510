# SPDX-License-Identifier: MIT
# docs/interop.md: boards among avahi-autoipd, dhcpcd, systemd-networkd, busybox's zcip and lwIP's AutoIP.

INTEROP := $(BUILD)/interop
ZCIP := $(INTEROP)/busybox/busybox
INTEROP_PACKAGES := dhcpcd-base systemd
BUSYBOX_OPTIONS := BUSYBOX ZCIP PLATFORM_LINUX

.PHONY: interop
interop: $(VENV)/.ready $(ZCIP) ## boards and five other implementations that want one address: write docs/interop.md
	@host_tests/install-packages.sh "$(SUDO)" $(INTEROP_PACKAGES)
	$(MAKE) firmware BOARD=UNIX_TAP
	$(MAKE) firmware BOARD=UNIX_TASK SANITIZE=1
	$(MAKE) firmware BOARD=QEMU_MPS2
	$(MAKE) firmware BOARD=QEMU_MPS2 LINK_LOCAL=lwip
	$(SUDO) env PYTHONPATH=host_tests $(PYTHON) host_tests/interop/interop.py docs/interop.md $(INTEROP)/captures

# Debian's own busybox has no zcip.
$(ZCIP):
	boards/debian-source.sh busybox 1.37.0 $(INTEROP)/busybox
	$(MAKE) -C $(INTEROP)/busybox allnoconfig
	cd $(INTEROP)/busybox && sed -i $(BUSYBOX_OPTIONS:%=-e 's/# CONFIG_% is not set/CONFIG_%=y/') .config
	yes "" | $(MAKE) -C $(INTEROP)/busybox oldconfig
	$(MAKE) -C $(INTEROP)/busybox busybox
