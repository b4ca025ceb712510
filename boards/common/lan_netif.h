// SPDX-License-Identifier: MIT
// network.LAN's interface in lwIP, which is set up like the interfaces of MicroPython's ports.
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

// Adds the interface to lwIP, with DHCP, IPv6 and mDNS. The driver's init() sets its own fields, and calls
// lan_netif_init(). All of this runs in lwIP's context. UNIX_TASK has its own version in esp_netif.c.
void lan_netif_start(struct netif *netif, struct dhcp *dhcp, void *state, netif_init_fn init);
void lan_netif_init(struct netif *netif, const uint8_t mac[6], int number); // number in the name: "e0" and so on
void lan_netif_stop(struct netif *netif);
void lan_netif_set_link(struct netif *netif, bool up); // reports the state of the cable

int lan_netif_status(const struct netif *netif);

// Returns true if the driver adds its interface to lwIP's mDNS responder. The drivers of stm32 and mimxrt don't.
#if AUTOIP_RESPONDER
bool lan_adds_to_responder(void);
#else
#define lan_adds_to_responder() (true)
#endif

#endif
