# SPDX-License-Identifier: MIT
# Included by the Makefile of MicroPython's unix port. board.mk passes three variables. AUTOIP_DIR is the project's
# directory. LWIP_DIR is lwIP's src directory, and MBEDTLS_DIR is Mbed TLS's directory, both relative to AUTOIP_DIR.

PROG = micropython
FROZEN_MANIFEST = $(AUTOIP_DIR)/boards/UNIX_TAP/manifest.py
USER_C_MODULES = $(AUTOIP_DIR)

MICROPY_PY_LWIP = 1
INC += -I$(VARIANT_DIR)/lwip -I$(AUTOIP_DIR)/$(LWIP_DIR)/include

# Modules that would replace lwIP's socket, or need libraries that no board has.
MICROPY_PY_SOCKET = 0
MICROPY_PY_SSL = 0 # mbedtls.mk builds TLS, not MicroPython's makefile
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0
MICROPY_PY_THREAD = 0
MICROPY_VFS_LFS1 = 0
MICROPY_VFS_LFS2 = 0

SHARED_SRC_C_EXTRA += runtime/softtimer.c
# The soft timers of MicroPython 1.29 call mp_irq_dispatch(), which is in mpirq.c.
ifneq ($(shell grep mp_irq_dispatch $(TOP)/shared/runtime/softtimer.c),)
SHARED_SRC_C_EXTRA += runtime/mpirq.c
endif
LDFLAGS += -Wl,--wrap=gc_collect_end

# modlwip.c compares the timeout -1 with an unsigned number. gcc doesn't warn about this on 32-bit boards.
$(BUILD)/extmod/modlwip.o: CFLAGS += -Wno-sign-compare
# The unix port derives the default backlog from SOMAXCONN. <sys/socket.h>, which defines it, collides with modlwip.c.
$(BUILD)/extmod/modlwip.o: CFLAGS += -DSOMAXCONN=128

include $(AUTOIP_DIR)/boards/common/mbedtls.mk
include $(AUTOIP_DIR)/boards/common/lwip_fixes.mk
include $(AUTOIP_DIR)/boards/common/lan_netif.mk

# The port's main() runs once between two soft resets, see main.c. Without NDEBUG, main() of MicroPython 1.29 ends by
# freeing the path of the executable, which the next run uses.
$(BUILD)/main.o: CFLAGS += -Dmain=unix_main -DNDEBUG
$(BUILD)/extmod/modmachine.o: CFLAGS += -Dmp_sys_exit_obj=board_soft_reset_obj

ifneq ($(SANITIZE),)
DEBUG = 1
# MicroPython's garbage collector scans the stack, and use-after-return would hide objects from it.
# memcpy(x, NULL, 0) is common in MicroPython, and harmless.
SANITIZE_FLAGS = -fsanitize=address,undefined --param asan-use-after-return=0 \
	-fno-sanitize=nonnull-attribute -fno-sanitize-recover=undefined
ifeq ($(SANITIZE),thread)
# TSan can follow the stack only with setjmp() and longjmp().
SANITIZE_FLAGS = -fsanitize=thread -DMICROPY_NLR_SETJMP=1 -Wno-clobbered
endif
CFLAGS_EXTRA += $(SANITIZE_FLAGS)
# An ARP entry lasts 40 s, not 300 s, so that tests can wait for its end. lwIP asks again 30 s before the end.
CFLAGS_EXTRA += -DARP_MAXAGE=40
# A UDP request is remembered for 8 s, not for five minutes.
CFLAGS_EXTRA += -DAUTOIP_REPLY_AGE=8
# The board has one interface more than services, so that tests can reach the limit.
CFLAGS_EXTRA += -DAUTOIP_LINKS=3
# As on stm32 and mimxrt: autoip adds an interface to lwIP's mDNS responder if the driver doesn't.
ifeq ($(AUTOIP_PORT),)
AUTOIP_RESPONDER = 1
endif
LDFLAGS_EXTRA += $(SANITIZE_FLAGS)
# The empty heap of soft timers is NULL, but the code takes the address of its first member.
$(BUILD)/shared/runtime/softtimer.o: CFLAGS += -fno-sanitize=null
endif

# COVERAGE=1: gcov counts the lines of the C module that run. lwIP's context is a signal handler here, so the
# counters are atomic.
ifneq ($(COVERAGE),)
$(BUILD)/firmware/%.o: CFLAGS += --coverage -fprofile-update=atomic -fprofile-abs-path
LDFLAGS_EXTRA += --coverage
endif
