// SPDX-License-Identifier: MIT
// Who set the IPv4 address of an lwIP interface, see owner.h.

#include <stdbool.h>

#include "lwip/dhcp.h"
#include "lwip/prot/dhcp.h"

#include "owner.h"

static u8_t dhcp_state(const struct netif *netif) {
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    return dhcp == NULL ? DHCP_STATE_OFF : dhcp->state;
}

autoip_owner_t autoip_owner(const struct netif *netif, const ip4_addr_t *shown, const ip4_addr_t *lease) {
    const ip4_addr_t *address = netif_ip4_addr(netif);
    u8_t state = dhcp_state(netif);
    // Like dhcp_supplied_address(), but without a call, because this runs for each ARP packet.
    bool is_leased = state == DHCP_STATE_BOUND || state == DHCP_STATE_RENEWING || state == DHCP_STATE_REBINDING;
    if (ip4_addr_isany(address)) {
        bool is_busy = is_leased || state == DHCP_STATE_REBOOTING || state == DHCP_STATE_CHECKING;
        return is_busy ? AUTOIP_OWNER_DHCP : AUTOIP_OWNER_NONE;
    }
    if (!is_leased && ip4_addr_eq(address, shown)) {
        return AUTOIP_OWNER_AUTOIP;
    }
    bool is_asking = !is_leased && state != DHCP_STATE_OFF && state != DHCP_STATE_REBOOTING;
    if (is_asking && ip4_addr_eq(address, lease)) {
        return AUTOIP_OWNER_STALE_LEASE;
    }
    return ip4_addr_islinklocal(address) ? AUTOIP_OWNER_LINK_LOCAL : AUTOIP_OWNER_ROUTABLE;
}

void autoip_owner_note_lease(const struct netif *netif, ip4_addr_t *lease) {
    if (dhcp_supplied_address(netif)) {
        *lease = *netif_ip4_addr(netif);
    }
}

// t0_timeout is the duration of the last lease, or zero before the first lease.
void autoip_owner_note_former_lease(const struct netif *netif, ip4_addr_t *lease) {
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    *lease = dhcp != NULL && dhcp->t0_timeout != 0 ? *netif_ip4_addr(netif) : *IP4_ADDR_ANY4;
}
