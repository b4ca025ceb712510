// SPDX-License-Identifier: MIT
// lwIP's hook for routing by source address. micropython.mk and micropython.cmake build all of lwIP with it
// (LWIP_HOOK_FILENAME). ESP-IDF has a hook of its own, which port_esp32 extends.
#ifndef AUTOIP_FIRMWARE_ALIAS_ROUTE_H
#define AUTOIP_FIRMWARE_ALIAS_ROUTE_H

#include <stdbool.h>

#include "lwip/ip4_addr.h"

struct netif;

// Returns true if the address starts with 169. `address` points to an ip4_addr_t or to the 4 bytes in a
// packet. This check comes first, for every packet, because it takes only three instructions. A function
// that runs later checks the whole address.
static inline __attribute__((always_inline)) bool autoip_may_be_link_local(const void *address) {
    return *(const u8_t *)address == 169;
}

// See autoip_alias_route().
struct netif *autoip_alias_find_route(const ip4_addr_t *source, const ip4_addr_t *destination);

// Returns the interface that sends a packet, or NULL if lwIP has to decide. source: NULL, zero, or the address that the
// socket is bound to. lwIP calls this for every packet that it sends; it is inline so that packets that don't concern
// autoip cost little.
static inline struct netif *autoip_alias_route(const ip4_addr_t *source, const ip4_addr_t *destination) {
    bool ours = source != NULL && (autoip_may_be_link_local(destination) || autoip_may_be_link_local(source));
    return ours ? autoip_alias_find_route(source, destination) : NULL;
}

#endif
