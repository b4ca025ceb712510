# SPDX-License-Identifier: MIT
# UNIX_TAP: MicroPython's unix port with lwIP on a Linux TAP device. SANITIZE=1 builds it with ASan and UBSan,
# SANITIZE=thread with TSan, COVERAGE=1 with gcov's counters, each in its own directory.

BOARD_BUILD := $(BUILD)/$(BOARD)$(if $(SANITIZE),-sanitize$(patsubst %,-%,$(filter-out 1,$(SANITIZE))))$(if $(COVERAGE),-coverage)
FIRMWARE := $(BOARD_BUILD)/micropython

.PHONY: firmware
firmware: $(FIRMWARE) ## build the firmware of BOARD (SANITIZE=1: with ASan and UBSan)

# MicroPython's make knows what has to be built again.
.PHONY: $(FIRMWARE)
$(FIRMWARE): $(MPY_CROSS) $(BUILD)/lwip $(BUILD)/mbedtls
	$(STEP)$(notdir $(@D)) "$@, a minute the first time" \
		$(MAKE) -j$(shell nproc) -C $(MICROPY_DIR)/ports/unix VARIANT_DIR=$(abspath boards/$(BOARD)) BUILD=$(abspath $(@D)) \
		MICROPY_MPYCROSS=$(abspath $(MPY_CROSS)) MICROPY_MPYCROSS_DEPENDENCY= \
		AUTOIP_DIR=$(CURDIR) LWIP_DIR=$(BUILD)/lwip/src MBEDTLS_DIR=$(BUILD)/mbedtls SANITIZE=$(SANITIZE) COVERAGE=$(COVERAGE)

.PHONY: run
run: $(FIRMWARE) ## start BOARD's REPL (QEMU_MPS2: NIC=tap,ifname=tap0,script=no,downscript=no; SERIAL=pty)
	@echo "network.LAN() is the TAP device tap0: sudo ip tuntap add tap0 mode tap user $$(id -un); sudo ip link set tap0 up"
	@$<

include boards/common/no_hardware.mk
