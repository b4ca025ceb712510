AUTOIP_MOD_DIR := $(USERMOD_DIR)
# A board may name another port; the default is the port that is built.
AUTOIP_PORT ?= $(notdir $(CURDIR))

SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/modautoip.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/link.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/alias.c
SRC_USERMOD_C += $(AUTOIP_MOD_DIR)/port_$(AUTOIP_PORT)/autoip_port.c

CFLAGS_USERMOD += -I$(AUTOIP_MOD_DIR) -I$(AUTOIP_MOD_DIR)/port_$(AUTOIP_PORT)
