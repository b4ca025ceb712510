# SPDX-License-Identifier: MIT
# The C module for the ports that are built with make: stm32, mimxrt, alif, and this project's own boards.

ifndef AUTOIP_MOD_DIR # a manifest and USER_C_MODULES may both include this file
AUTOIP_MOD_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/modautoip.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/link.c
SRC_USERMOD_C += $(addprefix $(AUTOIP_MOD_DIR)/,alias.c alias_route.c alias_udp.c owner.c netifs.c)

# AUTOIP_PORT is port_esp32 for the board UNIX_TASK. MicroPython's esp32 port is built with cmake, without this file.
AUTOIP_PORT ?= port_softtimer
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/$(AUTOIP_PORT)/autoip_port.c
CFLAGS_USERMOD += -I$(AUTOIP_MOD_DIR) -I$(AUTOIP_MOD_DIR)/$(AUTOIP_PORT)

AUTOIP_UPSTREAM := $(filter stm32 mimxrt alif,$(notdir $(CURDIR)))
ifeq ($(AUTOIP_PORT),port_softtimer)
SRC_USERMOD_C += $(addprefix $(AUTOIP_MOD_DIR)/port_softtimer/,$(if $(AUTOIP_UPSTREAM),netif_upstream.c wiznet5k.c,netif_lan.c))
ifneq ($(AUTOIP_UPSTREAM),)
CFLAGS_USERMOD += -DAUTOIP_UPSTREAM=1
endif
ifeq ($(AUTOIP_UPSTREAM),mimxrt)
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/port_softtimer/enet.c
endif
# All of lwIP must be built with the hook.
CFLAGS_USERMOD += -DLWIP_HOOK_FILENAME=\"alias_route.h\" -DLWIP_HOOK_IP4_ROUTE_SRC=autoip_alias_route
else
AUTOIP_WRAPS := ip4_route_src_hook
endif

# The drivers of these ports don't add their interface to lwIP's mDNS responder.
AUTOIP_RESPONDER ?= $(filter stm32 mimxrt,$(AUTOIP_UPSTREAM))
ifneq ($(AUTOIP_RESPONDER),)
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/responder.c
CFLAGS_USERMOD += -DAUTOIP_RESPONDER=1
endif

# The functions of lwIP and of a driver that link.c, alias*.c and wiznet5k.c wrap. mimxrt calls the linker directly,
# not through gcc, so its options have no -Wl. alif links with CFLAGS, without LDFLAGS.
AUTOIP_WRAPS += etharp_input etharp_output ip4_input ip6_route igmp_joingroup igmp_leavegroup udp_send udp_sendto wizchip_sendto
AUTOIP_WRAPS += $(addsuffix _netif_ip_addr_changed,acd raw tcp udp)
ifeq ($(AUTOIP_UPSTREAM),mimxrt)
LDFLAGS_USERMOD += $(AUTOIP_WRAPS:%=--wrap=%)
else
$(if $(filter alif,$(AUTOIP_UPSTREAM)),CFLAGS,LDFLAGS)_USERMOD += $(AUTOIP_WRAPS:%=-Wl,--wrap=%)
endif

endif
