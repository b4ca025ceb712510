# SPDX-License-Identifier: MIT
# What network.LAN of the boards has in common.
LAN_ABOVE ?= boards/common/lan_lwip.c
SRC_C += boards/common/lan_netif.c $(LAN_ABOVE)
INC += -I$(AUTOIP_DIR)/boards/common
