AUTOIP_MOD_DIR := $(USERMOD_DIR)

SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/modautoip.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/link.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/alias.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/port_softtimer/autoip_port.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/port_softtimer/netif_lan.c

# All of lwIP is to be built with the hook.
CFLAGS_USERMOD += -DLWIP_HOOK_FILENAME=\"autoip_route.h\" -DLWIP_HOOK_IP4_ROUTE_SRC=autoip_route
CFLAGS_USERMOD += -I$(AUTOIP_MOD_DIR) -I$(AUTOIP_MOD_DIR)/port_softtimer

# What keeps the connections of the link-local address, see alias.c.
LDFLAGS_USERMOD += $(foreach protocol,raw tcp udp,-Wl,--wrap=$(protocol)_netif_ip_addr_changed)
