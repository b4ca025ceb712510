// SPDX-License-Identifier: MIT
// The functions that netif_upstream.c calls for specific hardware. Call all functions in lwIP's context.
#ifndef AUTOIP_FIRMWARE_PORT_SOFTTIMER_DRIVERS_H
#define AUTOIP_FIRMWARE_PORT_SOFTTIMER_DRIVERS_H

#include <stdbool.h>

#include "lwip/netif.h"

// Sets the hardware's receive filter. true: restores the driver's setting. false: also accepts mDNS queries.
void autoip_wiznet5k_filter(bool filter);
void autoip_enet_filter(struct netif *netif, bool filter);

#endif
