# SPDX-License-Identifier: MIT
# `make fuzz` searches for new inputs with libFuzzer (C) and Atheris (Python). It starts with the saved corpora.

FUZZ_S ?= 60
FUZZ := $(BUILD)/fuzz
FUZZ_LWIP := $(addprefix $(LWIP_DIR)/src/core/,def.c dns.c inet_chksum.c init.c ip.c mem.c memp.c netif.c pbuf.c raw.c \
	tcp.c tcp_in.c tcp_out.c timeouts.c udp.c) $(wildcard $(LWIP_DIR)/src/core/ipv4/*.c $(LWIP_DIR)/src/core/ipv6/*.c) \
	$(LWIP_DIR)/src/netif/ethernet.c
FUZZ_C := host_tests/fuzz/link_input.c $(wildcard firmware/link.c firmware/alias*.c firmware/owner.c)
FUZZ_CFLAGS := -g -O1 -Ihost_tests/fuzz/stubs -Ifirmware -Iboards/UNIX_TAP/lwip -I$(MICROPY_DIR) -I$(LWIP_DIR)/src/include \
	-DLWIP_HOOK_FILENAME='"alias_route.h"' -DLWIP_HOOK_IP4_ROUTE_SRC=autoip_alias_route
FUZZ_SANITIZE := -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
# The functions of lwIP that micropython.mk wraps.
FUZZ_WRAPS := etharp_input etharp_output ip4_input ip6_route igmp_joingroup igmp_leavegroup udp_send udp_sendto \
	$(addsuffix _netif_ip_addr_changed,raw tcp udp)
FUZZ_OBJECTS := $(patsubst $(LWIP_DIR)/src/%.c,$(FUZZ)/lwip/%.o,$(FUZZ_LWIP)) $(patsubst %.c,$(FUZZ)/%.o,$(FUZZ_C))

$(FUZZ)/lwip/%.o: $(LWIP_DIR)/src/%.c host_tests/fuzz/stubs/lwipopts.h firmware/alias_route.h
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) $(FUZZ_SANITIZE) -c $< -o $@

# lwIP reads headers before it checks the length of a frame.
$(FUZZ)/lwip/core/ipv4/etharp.o $(FUZZ)/lwip/core/ipv4/ip4.o: FUZZ_SANITIZE += -fno-sanitize=address

# These files are compiled with coverage.
$(FUZZ)/%.o: %.c $(wildcard firmware/*.h)
	@mkdir -p $(@D)
	$(Q)clang $(FUZZ_CFLAGS) $(FUZZ_SANITIZE) -Wall -Wextra -Werror -fprofile-instr-generate -fcoverage-mapping -c $< -o $@

$(FUZZ)/link_input: $(FUZZ_OBJECTS)
	$(Q)clang $(FUZZ_SANITIZE) -fprofile-instr-generate $(FUZZ_WRAPS:%=-Wl,--wrap=%) $^ -o $@

.PHONY: fuzzer
fuzzer: build-packages | $(LWIP_DIR) $(MICROPY_DIR)
	$(INSTALL) clang libclang-rt-dev llvm
	$(STEP)fuzzer "$(FUZZ)/link_input, half a minute the first time" $(MAKE) -j$(shell nproc) $(FUZZ)/link_input

# FUZZ_S: how many seconds each of the two fuzzers runs. They add new inputs to the corpora, and write an input that
# fails to build/fuzz.
.PHONY: fuzz
fuzz: $(VENV)/.ready fuzzer ## search for inputs that break the C and Python code (FUZZ_S=60: 60 s for C, and 60 s for Python)
	LLVM_PROFILE_FILE=$(FUZZ)/link.profraw $(FUZZ)/link_input -max_total_time=$(FUZZ_S) -max_len=512 \
		-artifact_prefix=$(FUZZ)/ host_tests/fuzz/corpus/link
	$(SCRIPT) host_tests/fuzz/engine_input.py -max_total_time=$(FUZZ_S) -max_len=256 -artifact_prefix=$(FUZZ)/ \
		host_tests/fuzz/corpus/engine
	$(MAKE) fuzz-coverage

.PHONY: fuzz-coverage
fuzz-coverage: fuzzer ## print which lines of firmware/ the saved inputs reach
	LLVM_PROFILE_FILE=$(FUZZ)/link.profraw $(FUZZ)/link_input -runs=0 host_tests/fuzz/corpus/link 2>/dev/null
	llvm-profdata merge -o $(FUZZ)/link.profdata $(FUZZ)/link.profraw
	llvm-cov report $(FUZZ)/link_input -instr-profile=$(FUZZ)/link.profdata $(filter firmware/%,$(FUZZ_C))
