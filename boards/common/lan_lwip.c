// SPDX-License-Identifier: MIT
// network.LAN with nothing between the driver and lwIP.

#include "py/runtime.h"
#include "extmod/modnetwork.h"

#include "lwip/apps/mdns.h"
#include "lwip/autoip.h"
#include "netif/ethernet.h"

#include "lan_netif.h"

void lan_netif_start(struct netif *netif, struct dhcp *dhcp, void *state, netif_init_fn init) {
    netif_add(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, state, init, ethernet_input);
    netif_set_hostname(netif, mod_network_hostname_data);
    netif_set_default(netif);
    netif_set_up(netif);
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
    dhcp_set_struct(netif, dhcp);
    dhcp_start(netif);
    #if LWIP_AUTOIP
    autoip_start(netif); // LINK_LOCAL=lwip
    #endif
    if (lan_adds_to_responder()) {
        mdns_resp_add_netif(netif, mod_network_hostname_data);
    }
}

void lan_netif_stop(struct netif *netif) {
    if (lan_adds_to_responder()) {
        mdns_resp_remove_netif(netif);
    }
    dhcp_release_and_stop(netif);
    netif_set_link_down(netif);
    netif_remove(netif);
    ip_addr_set_zero_ip4(&netif->ip_addr);
    netif->flags = 0;
}

void lan_netif_set_link(struct netif *netif, bool up) {
    (up ? netif_set_link_up : netif_set_link_down)(netif);
}

int lan_netif_status(const struct netif *netif) {
    if (!netif_is_up(netif)) {
        return STATUS_DOWN;
    }
    if (!netif_is_link_up(netif)) {
        return STATUS_NO_LINK;
    }
    return ip4_addr_isany(netif_ip4_addr(netif)) ? STATUS_NO_ADDRESS : STATUS_GOT_ADDRESS;
}
