// SPDX-License-Identifier: MIT
// lwIP's hook for routing by the source address: micropython.mk and micropython.cmake have all of lwIP built
// with it (LWIP_HOOK_FILENAME). ESP-IDF has a hook of its own, which port_esp32 extends.
#ifndef AUTOIP_FIRMWARE_ALIAS_ROUTE_H
#define AUTOIP_FIRMWARE_ALIAS_ROUTE_H

#include <stdbool.h>

#include "lwip/ip4_addr.h"

struct netif;

// May what no socket binds to an address go another way than lwIP would send it?
extern bool autoip_alias_diverts;

// See autoip_alias_route(). source may be zero.
struct netif *autoip_alias_find_route(const ip4_addr_t *source, const ip4_addr_t *destination);

// The interface by which a packet leaves; NULL: lwIP decides. source may be NULL or zero. It is asked for every packet
// that is sent, and is inline to cost those little that are not our business.
static inline struct netif *autoip_alias_route(const ip4_addr_t *source, const ip4_addr_t *destination) {
    bool ours = source != NULL && (autoip_alias_diverts || !ip4_addr_isany_val(*source));
    return ours ? autoip_alias_find_route(source, destination) : NULL;
}

#endif
