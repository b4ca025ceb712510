# What network.LAN of the boards has in common.
SRC_C += boards/common/lan_netif.c
INC += -I$(AUTOIP_DIR)/boards/common
