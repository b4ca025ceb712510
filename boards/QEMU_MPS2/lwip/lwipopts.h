// SPDX-License-Identifier: MIT
// lwIP as MicroPython's rp2 port configures it, so that what works here works there.
#ifndef AUTOIP_BOARDS_QEMU_MPS2_LWIPOPTS_H
#define AUTOIP_BOARDS_QEMU_MPS2_LWIPOPTS_H

#include <stdint.h>

#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_STATUS_CALLBACK 1

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ND6_NUM_DESTINATIONS 4
#define LWIP_ND6_QUEUEING 0

#define LWIP_RAND() board_random()

#include "extmod/lwip-include/lwipopts_common.h"

#endif
