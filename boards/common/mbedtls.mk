# SPDX-License-Identifier: MIT
# TLS and SHA-1 as MicroPython's own boards with a network have them. The makefile that includes this file sets AUTOIP_DIR,
# and MBEDTLS_DIR, the directory of Mbed TLS relative to AUTOIP_DIR.

CFLAGS += -DMICROPY_PY_SSL=1 -DMICROPY_SSL_MBEDTLS=1
CFLAGS += -DMBEDTLS_CONFIG_FILE='"mbedtls/mbedtls_config_port.h"'
INC += -I$(AUTOIP_DIR)/boards/common -I$(AUTOIP_DIR)/$(MBEDTLS_DIR)/include

SRC_C += boards/common/mbedtls_port.c
SRC_THIRDPARTY_C += $(patsubst $(AUTOIP_DIR)/%,%,$(sort $(wildcard $(AUTOIP_DIR)/$(MBEDTLS_DIR)/library/*.c)))
$(BUILD)/$(MBEDTLS_DIR)/%.o: CFLAGS += -Os
