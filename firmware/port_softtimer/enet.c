// SPDX-License-Identifier: MIT
// mimxrt: the ENET of i.MX RT drops all multicast frames except frames for the groups in its hash table. MicroPython's
// driver leaves this table empty.

#include "py/mpconfig.h"

#if defined(ENET_PHY_ADDRESS) || defined(ENET_1_PHY_ADDRESS)

#include "fsl_device_registers.h"

#include "drivers.h"

// The CRC of 01:00:5e:00:00:fb, the MAC of the mDNS group 224.0.0.251, selects bit 33 of the table.
#define MDNS_BIT (1u << (33 - 32))

// The same names as in MicroPython's ports/mimxrt/eth.c.
#if defined(MIMXRT117x_SERIES)
#define ENET_1 ENET_1G
#else
#define ENET_1 ENET2
#endif

void autoip_enet_filter(struct netif *netif, bool filter) {
    #if defined(ENET_PHY_ADDRESS) && defined(ENET_1_PHY_ADDRESS)
    ENET_Type *enet = netif->name[1] == '0' ? ENET : ENET_1;
    #elif defined(ENET_PHY_ADDRESS)
    ENET_Type *enet = ENET;
    #else
    ENET_Type *enet = ENET_1;
    #endif
    enet->GAUR = filter ? enet->GAUR & ~MDNS_BIT : enet->GAUR | MDNS_BIT;
}

#endif
