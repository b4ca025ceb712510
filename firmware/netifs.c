// SPDX-License-Identifier: MIT
// The interfaces of lwIP that belong to a driver, see netifs.h.

#include <string.h>

#include "netifs.h"

bool autoip_netif_is_present(const struct netif *wanted) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (netif == wanted) {
            return true;
        }
    }
    return false;
}

// An alias has no input(), because no driver hands packets to it.
struct netif *autoip_netif_find(const char name[2]) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (memcmp(netif->name, name, 2) == 0 && netif->input != NULL) {
            return netif;
        }
    }
    return NULL;
}
