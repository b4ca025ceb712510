# SPDX-License-Identifier: MIT
# What the boards have in common for network.LAN.
LAN_ABOVE ?= boards/common/lan_lwip.c
SRC_C += boards/common/lan_netif.c $(LAN_ABOVE)
INC += -I$(AUTOIP_DIR)/boards/common
