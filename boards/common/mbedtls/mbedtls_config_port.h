// SPDX-License-Identifier: MIT
// Mbed TLS as MicroPython's rp2 port configures it: its memory is in the heap of Python. From 1.28 on,
// MicroPython includes a file with this name.
#ifndef AUTOIP_BOARDS_COMMON_MBEDTLS_CONFIG_PORT_H
#define AUTOIP_BOARDS_COMMON_MBEDTLS_CONFIG_PORT_H

#include <time.h>

#define MBEDTLS_ECP_NIST_OPTIM

time_t board_seconds(time_t *seconds);
#define MBEDTLS_PLATFORM_TIME_MACRO board_seconds
#define MBEDTLS_PLATFORM_MS_TIME_ALT mbedtls_ms_time
#define MBEDTLS_PLATFORM_GMTIME_R_ALT // the C library of QEMU_MPS2 would need a heap

#define MICROPY_MBEDTLS_CONFIG_BARE_METAL (1)

#include "extmod/mbedtls/mbedtls_config_common.h"

#endif
