# SPDX-License-Identifier: MIT
# docs/interop.md: boards on one link with avahi-autoipd, dhcpcd, systemd-networkd, busybox's zcip and lwIP's AutoIP.

INTEROP := $(BUILD)/interop
ZCIP := $(INTEROP)/busybox/busybox

.PHONY: interop
interop: wire peers ## let boards and five other implementations claim the same address, and write docs/interop.md
	$(Q)$(MAKE) firmwares
	$(Q)$(AS_ROOT) $(SCRIPT) host_tests/interop/interop.py docs/interop.md $(INTEROP)/captures

# The busybox in Debian's packages does not contain zcip.
$(ZCIP): host_tests/interop/zcip.sh | build-packages
	$(STEP)zcip "zcip from Debian's sources of busybox, half a minute" $< $(@D)
