// SPDX-License-Identifier: MIT
// lwIP's hook for routing by the source address: micropython.mk and micropython.cmake have all of lwIP built
// with it (LWIP_HOOK_FILENAME). ESP-IDF has a hook of its own, which port_esp32 extends.
#ifndef AUTOIP_FIRMWARE_ALIAS_ROUTE_H
#define AUTOIP_FIRMWARE_ALIAS_ROUTE_H

struct netif;
struct ip4_addr;

// The interface by which a packet leaves; NULL: lwIP decides. source may be NULL or zero.
struct netif *autoip_alias_route(const struct ip4_addr *source, const struct ip4_addr *destination);

#endif
