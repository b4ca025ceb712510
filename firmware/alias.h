// SPDX-License-Identifier: MIT
// A second IPv4 address, from 169.254/16, for an lwIP interface.
//
// lwIP stores one IPv4 address per interface. The second address belongs to a second lwIP interface, the alias. The
// alias sends through the driver of the first interface, `main`. While main has no address of its own, main "shows"
// the alias's address: both interfaces then have this address. Call all functions in lwIP's context.
//
// alias.c sets and removes the address and handles its packets and its ARP. alias_route.c chooses
// the interface that sends a packet. alias_udp.c chooses the source address of UDP replies.
#ifndef AUTOIP_FIRMWARE_ALIAS_H
#define AUTOIP_FIRMWARE_ALIAS_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

#include "owner.h"

// The caller provides this in static memory, which must be zero before the first autoip_alias_init().
typedef struct _autoip_alias_t {
    // While no address is set, netif.ip_addr is the last address, to which sockets may still be bound.
    struct netif netif;
    struct netif *main;
    ip4_addr_t netmask; // the netmask that main had before it showed the address
    ip4_addr_t lease; // main's last lease, see autoip_owner_note_lease()
    uint8_t prefix; // see autoip_alias_set_prefix()
    bool is_set;
    bool shows; // main shows the address
    bool leaving; // the address is being removed
} autoip_alias_t;

// Initialises an alias of the interface, without an address.
void autoip_alias_init(autoip_alias_t *alias, struct netif *main);

// The first alias that is set. All aliases that are set are at the end of lwIP's list of interfaces.
extern autoip_alias_t *autoip_aliases;

static inline autoip_alias_t *autoip_alias_next(const autoip_alias_t *alias) {
    return (autoip_alias_t *)alias->netif.next;
}

// Returns the alias that has the address, or NULL.
autoip_alias_t *autoip_alias_with(ip4_addr_t address);

// Returns true if the interface is an alias.
bool autoip_is_alias(const struct netif *netif);

// Returns true for an ARP packet of IPv4 over Ethernet.
struct etharp_hdr;
bool autoip_is_arp_of_ipv4(const struct etharp_hdr *packet);

// Returns the MAC in the ARP entry for the address, or NULL.
struct eth_addr *autoip_find_mac(struct netif *netif, const ip4_addr_t *address);

// Sets an address on main's link, or uses a suspended address again. If TCP data is waiting, lwIP sends the
// data within 0.5 s.
void autoip_alias_set(autoip_alias_t *alias, const ip4_addr_t *address);

// Removes the address. Its TCP connections are reset first (RFC 3927 2.5). Other sockets that are bound to it receive
// nothing until they move to the next address, see autoip_alias_show().
void autoip_alias_unset(autoip_alias_t *alias);

// Nothing is received or sent with the address until it is set again, but its connections and sockets stay. Sending
// returns ERR_RTE.
void autoip_alias_suspend(autoip_alias_t *alias);

// Returns true if the address is in use or suspended.
static inline bool autoip_alias_is_set(const autoip_alias_t *alias) {
    return alias->is_set;
}

// Returns true if the address is in use.
static inline bool autoip_alias_is_used(const autoip_alias_t *alias) {
    return netif_is_up(&alias->netif);
}

// How unbound sockets reach 169.254/16. 16: via the alias; 32: via main; 0: also via main, and once the address is removed
// the sockets that are bound to it move to main's address.
static inline void autoip_alias_set_prefix(autoip_alias_t *alias, uint8_t prefix) {
    alias->prefix = prefix;
}

// Call this after the address is set, after main's address has changed, and about once per second, but not from
// lwIP's callback, which runs in the middle of a change. It makes main show the address while main has no
// address of its own, so that isconnected(), ifconfig(), broadcast, multicast and mDNS work as users expect. If the
// prefix is 0, the address has been removed, and main has a routable address, it binds the sockets of the removed
// address to main's address. It forgets old UDP requests.
void autoip_alias_show(autoip_alias_t *alias);

// Returns the owner of main's address.
autoip_owner_t autoip_alias_owner(const autoip_alias_t *alias);

// Call this for an ARP packet that main received while the alias is in use. Returns the interface that has to process
// the packet in lwIP, which is main or the alias. If lwIP's ARP table has an entry for the sender on the other one of
// these two interfaces, the function updates this entry.
struct netif *autoip_alias_of_arp(autoip_alias_t *alias, struct pbuf *p);

// autoip remembers a UDP request for this many seconds. RFC 4787 (REQ-5) recommends this time for a NAT's mappings.
#ifndef AUTOIP_REPLY_AGE
#define AUTOIP_REPLY_AGE (300)
#endif

// In alias_udp.c. Call this for every IPv4 packet that `main` received, with a complete IP header.
// `addressed` is the interface that has the packet's destination address. The function remembers a UDP request
// if the reply would leave from another address. It returns false if the packet is for a closed UDP port.
bool autoip_udp_input(const struct pbuf *p, struct netif *main, struct netif *addressed);

// Forgets the UDP requests whose age is at least `age`, 0 - 255 in units of 2.048 s. 0: all requests.
void autoip_udp_forget(uint32_t age);

#endif
