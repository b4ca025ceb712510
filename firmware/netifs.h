// SPDX-License-Identifier: MIT
// The interfaces of lwIP that belong to a driver. Call all functions in lwIP's context.
#ifndef AUTOIP_FIRMWARE_NETIFS_H
#define AUTOIP_FIRMWARE_NETIFS_H

#include <stdbool.h>

#include "lwip/netif.h"

// Returns true if lwIP has the interface.
bool autoip_netif_is_present(const struct netif *netif);

// Returns the interface with this name in lwIP, or NULL. It doesn't find an alias.
struct netif *autoip_netif_find(const char name[2]);

#endif
