# SPDX-License-Identifier: MIT
# Included by the Makefile of MicroPython's unix port, see UNIX_TAP's file.

UNIX_TAP := boards/UNIX_TAP
LWIP_UNIX := $(dir $(LWIP_DIR))contrib/ports/unix/port
AUTOIP_PORT = port_esp32
LAN_ABOVE = # esp_netif.c is used instead; MicroPython compiles all files of this directory

INC += -I$(VARIANT_DIR)/idf
include $(AUTOIP_DIR)/$(UNIX_TAP)/mpconfigvariant.mk
INC += -I$(AUTOIP_DIR)/$(UNIX_TAP)/lwip -I$(AUTOIP_DIR)/$(LWIP_UNIX)/include

SRC_C += $(UNIX_TAP)/main.c $(UNIX_TAP)/network_lan.c
SRC_THIRDPARTY_C += $(LWIP_DIR)/api/tcpip.c $(LWIP_UNIX)/sys_arch.c
$(BUILD)/$(UNIX_TAP)/network_lan.o: CFLAGS += -Dmod_network_nic_ifconfig=esp_ifconfig -Dmod_network_nic_ipconfig=esp_ipconfig
# This empties lwIP's file, because idf_acd.c replaces it.
$(BUILD)/$(LWIP_DIR)/core/ipv4/acd.o: CFLAGS += -DLWIP_ACD=0
$(BUILD)/extmod/modlwip.o: CFLAGS += -include $(VARIANT_DIR)/modlwip_lock.h

# mpconfigvariant.h enables threads. With MICROPY_PY_THREAD here, they would not have the GIL.
LDFLAGS_EXTRA += -lpthread -Wl,--wrap=sem_wait
