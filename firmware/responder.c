// SPDX-License-Identifier: MIT
// An interface in lwIP's mDNS responder, see responder.h.

#include <string.h>

#include "responder.h"

#if AUTOIP_RESPONDER

#include "lwip/apps/mdns_out.h"
#include "lwip/apps/mdns_priv.h"
#include "lwip/prot/dns.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ppp/ppp_opts.h"

#define NUMBER_MAX (99)

// lwIP has few timers. If none is free, lwIP can't restart its own periodic timers, and stops working. For each
// interface, the responder uses one timer, plus five timers for each IP version.
#define TIMERS (1 + 5 * (LWIP_IPV4 + LWIP_IPV6))
#define INTERFACES ((MEMP_NUM_SYS_TIMEOUT - LWIP_NUM_SYS_TIMEOUT_INTERNAL) / TIMERS)

// mdns_resp_remove_netif() of lwIP 2.2 doesn't stop these timers, although they use memory that this function frees.
static const sys_timeout_handler timers[] = {
    #if LWIP_IPV4
    mdns_multicast_timeout_reset_ipv4,
    mdns_multicast_probe_timeout_reset_ipv4,
    mdns_multicast_timeout_25ttl_reset_ipv4,
    mdns_send_multicast_msg_delayed_ipv4,
    mdns_send_unicast_msg_delayed_ipv4,
    #endif
    #if LWIP_IPV6
    mdns_multicast_timeout_reset_ipv6,
    mdns_multicast_probe_timeout_reset_ipv6,
    mdns_multicast_timeout_25ttl_reset_ipv6,
    mdns_send_multicast_msg_delayed_ipv6,
    mdns_send_unicast_msg_delayed_ipv6,
    #endif
};

// lwIP keeps a truncated query for 450 ms, to wait for the rest of the peer's known answers (RFC 6762 7.2).
// Then lwIP uses the responder of the interface, even if this responder has been removed. So clear the TC bit
// before lwIP gets the query.
static udp_recv_fn lwip_input;

static void input_as_whole(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port) {
    if (p->len >= SIZEOF_DNS_HDR) {
        ((struct dns_hdr *)p->payload)->flags1 &= ~DNS_FLAG1_TRUNC;
    }
    lwip_input(arg, pcb, p, from, port);
}

static void take_input(void) {
    struct udp_pcb *pcb = get_mdns_pcb();
    if (pcb->recv != input_as_whole) {
        lwip_input = pcb->recv;
        pcb->recv = input_as_whole;
    }
}

static bool has_timers(void) {
    int free = INTERFACES;
    struct netif *netif;
    NETIF_FOREACH(netif) {
        free -= mdns_resp_netif_active(netif) != 0;
    }
    return free > 0;
}

void autoip_responder_name(const autoip_responder_t *responder, char name[AUTOIP_RESPONDER_NAME]) {
    size_t len = strlen(mod_network_hostname_data);
    memcpy(name, mod_network_hostname_data, len);
    if (responder->number) {
        name[len++] = '-';
        if (responder->number > 9) {
            name[len++] = '0' + responder->number / 10;
        }
        name[len++] = '0' + responder->number % 10;
    }
    name[len] = '\0';
}

void autoip_responder_follow(autoip_responder_t *responder, struct netif *netif, mdns_name_result_cb_t on_result) {
    char name[AUTOIP_RESPONDER_NAME];
    autoip_responder_name(responder, name);
    if (name[0] == '\0') {
        return;
    }
    if (!mdns_resp_netif_active(netif)) {
        responder->added = has_timers() && mdns_resp_add_netif(netif, name) == ERR_OK;
        if (responder->added) {
            mdns_resp_register_name_result_cb(on_result);
            take_input();
        }
    } else if (responder->added && strcmp(name, netif_mdns_data(netif)->name) != 0) {
        responder->number = 0;
        mdns_resp_rename_netif(netif, mod_network_hostname_data);
    }
}

void autoip_responder_rename(autoip_responder_t *responder, struct netif *netif) {
    if (responder->added) {
        char name[AUTOIP_RESPONDER_NAME];
        responder->number = responder->number % NUMBER_MAX ? responder->number + 1 : 2;
        responder->renamed = true;
        autoip_responder_name(responder, name);
        mdns_resp_rename_netif(netif, name);
    }
}

bool autoip_responder_is_renamed(autoip_responder_t *responder) {
    bool is_renamed = responder->renamed;
    responder->renamed = false;
    return is_renamed;
}

void autoip_responder_remove(autoip_responder_t *responder, struct netif *netif) {
    if (responder->added) {
        for (size_t i = 0; i < LWIP_ARRAYSIZE(timers); ++i) {
            sys_untimeout(timers[i], netif);
        }
        mdns_resp_remove_netif(netif);
    }
    memset(responder, 0, sizeof(*responder));
}

#endif
