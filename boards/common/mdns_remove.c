// SPDX-License-Identifier: MIT
#include "lwip/apps/mdns.h"
#include "lwip/apps/mdns_out.h"
#include "lwip/timeouts.h"

#include "lan_netif.h"

static const sys_timeout_handler timers[] = {
    mdns_multicast_timeout_reset_ipv4,
    mdns_multicast_probe_timeout_reset_ipv4,
    mdns_multicast_timeout_25ttl_reset_ipv4,
    mdns_send_multicast_msg_delayed_ipv4,
    mdns_send_unicast_msg_delayed_ipv4,
    mdns_multicast_timeout_reset_ipv6,
    mdns_multicast_probe_timeout_reset_ipv6,
    mdns_multicast_timeout_25ttl_reset_ipv6,
    mdns_send_multicast_msg_delayed_ipv6,
    mdns_send_unicast_msg_delayed_ipv6,
};

// lwIP 2.2.1 does not stop these timers when a responder is removed, and they use its memory. If the driver doesn't add its
// interface to the responder, autoip's responder.c stops them.
err_t __real_mdns_resp_remove_netif(struct netif *netif);
err_t __wrap_mdns_resp_remove_netif(struct netif *netif);
err_t __wrap_mdns_resp_remove_netif(struct netif *netif) {
    for (size_t i = 0; lan_adds_to_responder() && i < LWIP_ARRAYSIZE(timers); ++i) {
        sys_untimeout(timers[i], netif);
    }
    return __real_mdns_resp_remove_netif(netif);
}
