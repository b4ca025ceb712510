// SPDX-License-Identifier: MIT
// Which interface sends a packet, see alias_route.h.

#include "lwip/ip.h"

#include "alias.h"
#include "alias_route.h"

static bool is_usable(const struct netif *netif) {
    return netif_is_up(netif) && netif_is_link_up(netif) && !ip4_addr_isany(netif_ip4_addr(netif));
}

static struct netif *by_prefix(autoip_alias_t *alias) {
    struct netif *netif = alias->prefix == 16 ? &alias->netif : alias->main;
    return is_usable(netif) ? netif : NULL;
}

static bool has_entry(autoip_alias_t *alias, const ip4_addr_t *destination) {
    return autoip_find_mac(&alias->netif, destination) != NULL || autoip_find_mac(alias->main, destination) != NULL;
}

// Routes a packet that an unbound socket sends to a destination in 169.254/16. lwIP chooses the interface, with
// two exceptions. If there are several links, the link that has an ARP entry for the destination comes first
// (RFC 3927 3.2). If the prefix of an alias is not 16, its main sends the packet.
static struct netif *route_unbound(const ip4_addr_t *destination) {
    struct netif *found = ip4_route(destination);
    autoip_alias_t *alias = autoip_aliases;
    if (autoip_alias_next(alias) == NULL) {
        return found == &alias->netif ? by_prefix(alias) : found;
    }
    while (alias != NULL && !has_entry(alias, destination)) {
        alias = autoip_alias_next(alias);
    }
    return alias != NULL ? by_prefix(alias) : found;
}

// Packets of a bound socket leave through the interface that has the source address. lwIP looks only at the
// destination, which is wrong if several interfaces have the prefix 169.254/16.
static struct netif *route_bound(const ip4_addr_t *source) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (is_usable(netif) && ip4_addr_eq(netif_ip4_addr(netif), source)) {
            break;
        }
    }
    return netif;
}

struct netif *autoip_alias_find_route(const ip4_addr_t *source, const ip4_addr_t *destination) {
    if (autoip_aliases == NULL || ip4_addr_isloopback(destination)) {
        return NULL;
    }
    autoip_alias_t *alias = autoip_alias_with(*source);
    if (alias != NULL || !ip4_addr_islinklocal(destination)) {
        return (struct netif *)alias;
    }
    return ip4_addr_isany_val(*source) ? route_unbound(destination) : route_bound(source);
}

#if LWIP_IPV6
// With a single interface, lwIP uses it for every destination. The alias must not change that.
struct netif *__real_ip6_route(const ip6_addr_t *source, const ip6_addr_t *destination);
struct netif *__wrap_ip6_route(const ip6_addr_t *source, const ip6_addr_t *destination);
struct netif *__wrap_ip6_route(const ip6_addr_t *source, const ip6_addr_t *destination) {
    struct netif *found = __real_ip6_route(source, destination);
    if (found != NULL || ip6_addr_has_zone(destination)) {
        return found;
    }
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (autoip_is_alias(netif)) {
            continue;
        }
        if (found != NULL) {
            return NULL; // there is more than one interface
        }
        found = netif;
    }
    return found != NULL && netif_is_up(found) && netif_is_link_up(found) ? found : NULL;
}
#endif
