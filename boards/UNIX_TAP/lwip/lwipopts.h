// SPDX-License-Identifier: MIT
// lwIP as MicroPython's rp2 port configures it, so that what works here works there.
#ifndef AUTOIP_BOARDS_UNIX_TAP_LWIPOPTS_H
#define AUTOIP_BOARDS_UNIX_TAP_LWIPOPTS_H

#include <stdint.h>

#define LWIP_NETIF_EXT_STATUS_CALLBACK 1
#define LWIP_NETIF_STATUS_CALLBACK 1

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ND6_NUM_DESTINATIONS 4
#define LWIP_ND6_QUEUEING 0

uint32_t board_random(void);
#define LWIP_RAND() board_random()

#include "extmod/lwip-include/lwipopts_common.h"

// Pointers have 8 bytes here.
#undef MEM_ALIGNMENT
#define MEM_ALIGNMENT 8
#define IPV6_FRAG_COPYHEADER 1

// mDNS needs 5 timers for each IP version of an interface. rp2 has one interface, but this board has four.
#undef MEMP_NUM_SYS_TIMEOUT
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2 + 4 * 5 * (LWIP_IPV4 + LWIP_IPV6))

#endif
