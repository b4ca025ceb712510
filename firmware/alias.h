// SPDX-License-Identifier: MIT
// A second IPv4 address for an lwIP interface, for addresses of 169.254/16.
//
// lwIP holds one IPv4 address an interface. The second one is the address of an interface of its own, the
// alias, which sends by the driver of the first, `main`. All functions are to be called in lwIP's context.
#ifndef AUTOIP_FIRMWARE_ALIAS_H
#define AUTOIP_FIRMWARE_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/ip4_addr.h"
#include "lwip/netif.h"

#include "owner.h"

// Fixed memory of the caller, zero before the first autoip_alias_init().
typedef struct _autoip_alias_t {
    struct netif netif; // its address is zero while none is set
    struct netif *main;
    struct _autoip_alias_t *next; // in the list of those that are set
    ip4_addr_t netmask; // main's, from before it showed the address
    ip4_addr_t lease; // main's last one, see autoip_owner_note_lease()
    uint8_t prefix; // 16 or 32, see autoip_alias_set_prefix()
    bool shows; // main shows the address
    bool leaving; // the address is being taken off
} autoip_alias_t;

// Join the alias, which is not set, to its interface.
void autoip_alias_init(autoip_alias_t *alias, struct netif *main);

// Put an address on main's wire, or have a suspended one in use again.
void autoip_alias_set(autoip_alias_t *alias, const ip4_addr_t *address);

// Take the address off. Its TCP connections are reset first (RFC 3927 2.5).
void autoip_alias_unset(autoip_alias_t *alias);

// Nothing goes in or out by the address until it is set again, but its connections and sockets stay.
void autoip_alias_suspend(autoip_alias_t *alias);

static inline bool autoip_alias_is_set(const autoip_alias_t *alias) {
    return !ip4_addr_isany(netif_ip4_addr(&alias->netif));
}

// Set, and not suspended.
static inline bool autoip_alias_is_used(const autoip_alias_t *alias) {
    return netif_is_up(&alias->netif);
}

// 16: what no socket binds to an address goes to 169.254/16 by the alias; 32: it goes by main.
void autoip_alias_set_prefix(autoip_alias_t *alias, uint8_t prefix);

// Have main show the address while it has none of its own: then isconnected(), ifconfig(), broadcast, multicast
// and mDNS work as users expect. To be called after the address is set, and after main's address has changed;
// not in the middle of a change.
void autoip_alias_show(autoip_alias_t *alias);

// Returns the owner of main's address.
autoip_owner_t autoip_alias_owner(const autoip_alias_t *alias);

// The interface by which lwIP is to take in an ARP packet that main received: main, or the alias, which is in use.
struct netif *autoip_alias_of_arp(autoip_alias_t *alias, struct pbuf *p);

#endif
