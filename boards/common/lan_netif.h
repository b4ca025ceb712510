// SPDX-License-Identifier: MIT
// network.LAN's interface in lwIP, as MicroPython's ports have theirs.
#ifndef AUTOIP_BOARDS_COMMON_LAN_NETIF_H
#define AUTOIP_BOARDS_COMMON_LAN_NETIF_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/dhcp.h"
#include "lwip/netif.h"

// LAN.status(), as on stm32
#define STATUS_DOWN (0)
#define STATUS_NO_LINK (1)
#define STATUS_NO_ADDRESS (2)
#define STATUS_GOT_ADDRESS (3)

// Have the interface in lwIP, with DHCP, IPv6 and mDNS. The driver's init() sets what is its own, and
// calls lan_netif_init(). All in lwIP's context. UNIX_TASK has its own, see its esp_netif.c.
void lan_netif_start(struct netif *netif, struct dhcp *dhcp, void *state, netif_init_fn init);
void lan_netif_init(struct netif *netif, const uint8_t mac[6], int number); // of the name: "e0" and so on
void lan_netif_stop(struct netif *netif);
void lan_netif_set_link(struct netif *netif, bool up); // the cable

int lan_netif_status(const struct netif *netif);

#endif
