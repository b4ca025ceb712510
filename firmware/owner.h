// SPDX-License-Identifier: MIT
// Who set the IPv4 address of an lwIP interface. lwIP doesn't record the owner of an address, so autoip derives the owner
// from the address, from the state of DHCP, and from two addresses that autoip remembers. Call all functions in lwIP's
// context.
#ifndef AUTOIP_FIRMWARE_OWNER_H
#define AUTOIP_FIRMWARE_OWNER_H

#include "lwip/ip4_addr.h"
#include "lwip/netif.h"

// lwIP 2.1, which IDF 5.3 and older use, has other names.
#ifndef ip4_addr_eq
#define ip4_addr_eq ip4_addr_cmp
#define ip4_addr_net_eq ip4_addr_netcmp
#endif

// The order matters: interfaces without their own address come first, and those with a routable address come last.
typedef enum _autoip_owner_t {
    AUTOIP_OWNER_NONE, // the interface has no address
    AUTOIP_OWNER_DHCP, // the interface has no address, but DHCP holds or is confirming a lease
    AUTOIP_OWNER_AUTOIP, // the interface shows autoip's address
    AUTOIP_OWNER_STALE_LEASE, // a lease that no server has confirmed since the link came up; lwIP asks for a new lease
    AUTOIP_OWNER_LINK_LOCAL, // a 169.254 address, set by hand or leased, which is not routable (RFC 3927 1.6)
    AUTOIP_OWNER_ROUTABLE, // a lease or a static address
} autoip_owner_t;

// shown: the address that autoip has put on the interface, or zero. lease: see autoip_owner_note_lease().
autoip_owner_t autoip_owner(const struct netif *netif, const ip4_addr_t *shown, const ip4_addr_t *lease);

// Stores the interface's address in `lease` if DHCP supplied the address. Call this after each change of the
// interface: while lwIP asks for a new lease, it leaves the old lease on the interface, but no longer records that
// this address is a lease.
void autoip_owner_note_lease(const struct netif *netif, ip4_addr_t *lease);

// Stores the interface's address in `lease` if DHCP has ever supplied a lease, even if the lease is stale by now. Sets
// `lease` to zero if there was no lease. Call this once, before autoip_owner_note_lease().
void autoip_owner_note_former_lease(const struct netif *netif, ip4_addr_t *lease);

#endif
