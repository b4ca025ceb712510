// SPDX-License-Identifier: MIT
// One lwIP interface as lib/autoip/service.py sees it, see link.h.

#include <string.h>

#include "py/mperrno.h"

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/iana.h"
#include "netif/ethernet.h"

#include "link.h"

#if ETH_PAD_SIZE
#error "autoip needs ETH_PAD_SIZE 0"
#endif

#define NOT_WATCHED IPADDR_NONE

// A static ifconfig() writes the address without telling anybody, and some drivers change the MAC or do not report
// the cable: look that often, in ms.
#define LOOK_INTERVAL (1000)

// Python is told of conflicts on the interface's own address that often, in ms: a storm of them must not keep it from
// its work.
#define TELL_INTERVAL (1000)

// A timer that is later than this, in ms, has slept. Another host takes 6 s at least to probe for an address and to
// announce it twice (RFC 3927 section 9: two gaps of PROBE_MIN, ANNOUNCE_WAIT, ANNOUNCE_INTERVAL). Who is deaf for less
// hears an announcement, a conflict as any other; who is deaf for longer has to probe anew (2.2).
#define SLEEP (6000)

autoip_link_t autoip_links[AUTOIP_LINKS];

static netif_ext_callback_t ext_callback;

/******************************************************************************/
// Finding things

static autoip_link_t *find_link(const struct netif *netif) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (link->netif == netif) {
            return link;
        }
    }
    return NULL;
}

static bool is_alias(const struct netif *netif) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (&link->alias.netif == netif) {
            return true;
        }
    }
    return false;
}

bool autoip_link_is_present(const struct netif *wanted) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (netif == wanted) {
            return true;
        }
    }
    return false;
}

struct netif *autoip_link_find_netif(const char name[2]) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (memcmp(netif->name, name, 2) == 0 && !is_alias(netif)) {
            return netif;
        }
    }
    return NULL;
}

/******************************************************************************/
// The interface's own address

static bool is_up(const autoip_link_t *link) {
    return link->present && netif_is_up(link->netif) && netif_is_link_up(link->netif);
}

// lwIP leaves a lease on the interface that no server confirms any more, on another network for instance, while it
// looks for a new one.
static bool is_stale_lease(const autoip_link_t *link) {
    const struct dhcp *dhcp = netif_dhcp_data(link->netif);
    return dhcp != NULL && dhcp->state != DHCP_STATE_OFF && dhcp->state != DHCP_STATE_REBOOTING
           && !dhcp_supplied_address(link->netif)
           && ip4_addr_eq(netif_ip4_addr(link->netif), &link->leased);
}

static void learn_lease(autoip_link_t *link) {
    if (dhcp_supplied_address(link->netif)) {
        link->leased = *netif_ip4_addr(link->netif);
    }
}

// A lease that was bound before open(): only then is t0_timeout set.
static void learn_former_lease(autoip_link_t *link) {
    const struct dhcp *dhcp = netif_dhcp_data(link->netif);
    if (dhcp != NULL && dhcp->t0_timeout != 0) {
        link->leased = *netif_ip4_addr(link->netif);
    }
}

// Does the interface have an IPv4 address of its own, a lease or a static one?
static bool has_own_address(const autoip_link_t *link) {
    return link->present && !ip4_addr_isany(netif_ip4_addr(link->netif))
           && !autoip_alias_is_shown(&link->alias) && !is_stale_lease(link);
}

// A link-local one, by hand or by DHCP, is not routable (RFC 3927 1.6).
static bool is_routable(const autoip_link_t *link) {
    return has_own_address(link) && !ip4_addr_islinklocal(netif_ip4_addr(link->netif));
}

/******************************************************************************/
// Frames in

static void count(uint16_t *counter) {
    *counter += *counter < UINT16_MAX;
}

static void enqueue(autoip_link_t *link, autoip_kind_t kind, const struct etharp_hdr *packet) {
    if (link->queued == AUTOIP_QUEUE) {
        count(&link->dropped);
    } else {
        link->queue[link->queued].kind = kind;
        // The Ethernet header is still there, before the packet.
        memcpy(link->queue[link->queued].frame, (const uint8_t *)packet - SIZEOF_ETH_HDR, AUTOIP_FRAME);
        ++link->queued;
    }
    link->on_event(link);
}

// Is it a whole Request or Reply for IPv4 over Ethernet?
static bool is_well_formed(const struct etharp_hdr *packet) {
    return packet->hwtype == PP_HTONS(LWIP_IANA_HWTYPE_ETHERNET) && packet->proto == PP_HTONS(ETHTYPE_IP)
           && packet->hwlen == ETH_HWADDR_LEN && packet->protolen == sizeof(ip4_addr_t)
           && (packet->opcode == PP_HTONS(ARP_REQUEST) || packet->opcode == PP_HTONS(ARP_REPLY));
}

// A unicast one is the neighbour poll of a router or an access point, and a Reply is none.
static bool is_probe(const struct etharp_hdr *packet) {
    const struct eth_hdr *header = (const struct eth_hdr *)((const uint8_t *)packet - SIZEOF_ETH_HDR);
    return packet->opcode == PP_HTONS(ARP_REQUEST) && memcmp(&header->dest, &ethbroadcast, ETH_HWADDR_LEN) == 0;
}

// RFC 5227 2.1.1 and 2.4: frames of this host come back from hubs and access points, and from its other interfaces.
static bool is_ours(const struct etharp_hdr *packet) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (link->netif != NULL && memcmp(&packet->shwaddr, link->netif->hwaddr, ETH_HWADDR_LEN) == 0) {
            return true;
        }
    }
    return false;
}

// A conflict on the interface's own address is its owner's business: DHCP's, or the user's. It is told, not more often
// than TELL_INTERVAL.
static bool is_routable_conflict(autoip_link_t *link, const struct etharp_hdr *packet) {
    if (autoip_port_now() - link->told_at < TELL_INTERVAL || !has_own_address(link)
        || !is_well_formed(packet) || is_ours(packet)) {
        return false;
    }
    link->told_at = autoip_port_now();
    return true;
}

static bool is_watching(const autoip_link_t *link) {
    return ip4_addr_get_u32(&link->watched) != NOT_WATCHED;
}

// May the packet be a conflict, and of which kind? `sender` is its sender protocol address.
static autoip_kind_t classify(autoip_link_t *link, const struct etharp_hdr *packet, ip4_addr_t sender) {
    if (!is_watching(link) || !ip4_addr_eq(&sender, &link->watched)) {
        if (!ip4_addr_isany_val(sender)) {
            bool claimed = ip4_addr_eq(&sender, netif_ip4_addr(link->netif));
            return claimed && is_routable_conflict(link, packet) ? AUTOIP_ROUTABLE_CONFLICT : AUTOIP_NOTHING;
        }
        // RFC 5227 2.1.1: a probe for the address that is probed here, too. Once it is in use, a probe is an ordinary
        // question, which lwIP answers (2.5).
        bool wanted = is_watching(link) && memcmp(&packet->dipaddr, &link->watched, sizeof(sender)) == 0
            && !autoip_alias_is_used(&link->alias);
        if (!wanted || !is_probe(packet)) {
            return AUTOIP_NOTHING;
        }
    }
    if (!is_well_formed(packet)) {
        count(&link->malformed);
        return AUTOIP_NOTHING;
    }
    return is_ours(packet) ? AUTOIP_NOTHING : AUTOIP_CONFLICT;
}

void __real_etharp_input(struct pbuf *p, struct netif *netif);
void __wrap_etharp_input(struct pbuf *p, struct netif *netif);

// In the place of lwIP's etharp_input(), for all interfaces.
void __wrap_etharp_input(struct pbuf *p, struct netif *netif) {
    autoip_link_t *link = find_link(netif);
    if (link != NULL) {
        if (p->len < SIZEOF_ETHARP_HDR) {
            pbuf_free(p); // lwIP would read past its end
            return;
        }
        const struct etharp_hdr *packet = p->payload;
        ip4_addr_t sender;
        memcpy(&sender, &packet->sipaddr, sizeof(sender));
        autoip_kind_t kind = classify(link, packet, sender);
        if (kind != AUTOIP_NOTHING) {
            enqueue(link, kind, packet);
        }
        if (autoip_alias_is_used(&link->alias)) {
            if (ip4_addr_eq(&sender, &link->watched)) {
                // What claims an address in use is neither answered nor put into the ARP table.
                pbuf_free(p);
                return;
            }
            netif = autoip_alias_of_arp(&link->alias, p);
        }
    }
    __real_etharp_input(p, netif);
}

autoip_kind_t autoip_link_receive(autoip_link_t *link, uint8_t frame[AUTOIP_FRAME]) {
    if (link->queued == 0) {
        return AUTOIP_NOTHING;
    }
    autoip_kind_t kind = link->queue[0].kind;
    memcpy(frame, link->queue[0].frame, AUTOIP_FRAME);
    --link->queued;
    memmove(&link->queue[0], &link->queue[1], link->queued * sizeof(link->queue[0]));
    return kind;
}

/******************************************************************************/
// Frames out

bool autoip_link_send(autoip_link_t *link, const uint8_t frame[AUTOIP_FRAME]) {
    struct pbuf *p = link->present ? pbuf_alloc(PBUF_RAW, AUTOIP_FRAME, PBUF_RAM) : NULL;
    if (p == NULL) {
        return false;
    }
    pbuf_take(p, frame, AUTOIP_FRAME);
    bool taken = link->netif->linkoutput(link->netif, p) == ERR_OK;
    pbuf_free(p);
    return taken;
}

/******************************************************************************/
// The address

// The announcement and the address are one step: what came before waits to be judged as a frame that came while
// probing, and what comes after finds the address in use.
bool autoip_link_assign(autoip_link_t *link, const uint8_t frame[AUTOIP_FRAME]) {
    if (link->interrupted || link->queued || !autoip_link_send(link, frame)) {
        return false;
    }
    autoip_alias_set(&link->alias, link->netif, &link->watched);
    autoip_port_keep_uplink(&link->alias);
    return true;
}

void autoip_link_set_prefix(autoip_link_t *link, uint8_t prefix) {
    autoip_alias_set_prefix(&link->alias, prefix);
}

void autoip_link_release(autoip_link_t *link) {
    autoip_port_forget(&link->alias);
    autoip_alias_unset(&link->alias);
}

/******************************************************************************/
// State of the interface

// RFC 3927 2.2: the address is not used again before it is probed.
static void interrupt(autoip_link_t *link) {
    link->interrupted = true;
    autoip_port_forget(&link->alias);
    autoip_alias_suspend(&link->alias);
}

// IPv6 addresses come and go without us.
#define OF_IPV6 (LWIP_NSC_IPV6_SET | LWIP_NSC_IPV6_ADDR_STATE_CHANGED)

static bool is_down(netif_nsc_reason_t reason, const netif_ext_callback_args_t *args) {
    return ((reason & LWIP_NSC_STATUS_CHANGED) && !args->status_changed.state)
           || ((reason & LWIP_NSC_LINK_CHANGED) && !args->link_changed.state);
}

// lwIP tells in the middle of a change: here is only what cannot wait until it is over.
static void on_netif_change(struct netif *netif, netif_nsc_reason_t reason, const netif_ext_callback_args_t *args) {
    autoip_link_t *link = find_link(netif);
    if (link == NULL || !(reason & ~OF_IPV6)) {
        return;
    }
    if (reason & LWIP_NSC_NETIF_ADDED) {
        link->present = true;
    }
    if (is_down(reason, args)) {
        interrupt(link);
    }
    if (reason & LWIP_NSC_NETIF_REMOVED) {
        interrupt(link);
        autoip_alias_unset(&link->alias);
        link->present = false;
    } else {
        learn_lease(link);
    }
    link->on_event(link);
}

// A MAC that changes makes another host of the board. A driver writes it without telling anybody; the alias has the last
// one.
static void look_at_mac(autoip_link_t *link) {
    if (memcmp(link->alias.netif.hwaddr, link->netif->hwaddr, ETH_HWADDR_LEN) != 0) {
        memcpy(link->alias.netif.hwaddr, link->netif->hwaddr, ETH_HWADDR_LEN);
        interrupt(link);
        link->on_event(link);
    }
}

// What lwIP does not tell, and what waits for the end of a change.
static void look(autoip_link_t *link) {
    if (!link->present) {
        return;
    }
    look_at_mac(link);
    learn_lease(link);
    autoip_alias_show(&link->alias);
    autoip_port_keep_uplink(&link->alias);
}

int autoip_link_status(autoip_link_t *link) {
    look(link);
    link->routable = is_routable(link);
    return link->interrupted || !is_up(link) ? 0 : 1 + link->routable;
}

void autoip_link_watch(autoip_link_t *link, int32_t host) {
    if (host < 0) {
        ip4_addr_set_u32(&link->watched, NOT_WATCHED);
        link->interrupted = false; // Python has drawn the conclusion, or has none to draw
    } else {
        IP4_ADDR(&link->watched, 169, 254, host >> 8, host & 0xff);
    }
}

/******************************************************************************/
// Waking Python

// Nothing is to be seen while the link is down, unless it is the cable: lwIP tells when the link comes up.
static uint32_t until_next_look(const autoip_link_t *link) {
    uint32_t look = link->looks_at_cable || is_up(link) ? LOOK_INTERVAL : AUTOIP_PORT_NEVER;
    if (!link->wake_wanted) {
        return look;
    }
    int32_t left = link->wake_at - autoip_port_now();
    return left < 0 ? 0 : LWIP_MIN((uint32_t)left, look);
}

// Set when the timer is due next, and see how late that is.
static uint32_t next_timer(autoip_link_t *link) {
    uint32_t now = autoip_port_now();
    if (link->timed && (int32_t)(now - link->due_at) > SLEEP) {
        interrupt(link);
        link->on_event(link);
    }
    uint32_t ms = until_next_look(link);
    link->timed = ms != AUTOIP_PORT_NEVER;
    link->due_at = now + ms;
    return ms;
}

static uint32_t on_timer(autoip_port_timer_t *timer) {
    autoip_link_t *link = (autoip_link_t *)((char *)timer - offsetof(autoip_link_t, timer));
    if (link->wake_wanted && (int32_t)(autoip_port_now() - link->wake_at) >= 0) {
        link->wake_wanted = false;
        link->on_event(link);
    }
    link->looks_at_cable = link->present && autoip_port_look(link->netif);
    look(link);
    if (is_routable(link) != link->routable) {
        link->on_event(link);
    }
    return next_timer(link);
}

void autoip_link_wake(autoip_link_t *link, int32_t ms) {
    link->wake_at = autoip_port_now() + ms;
    link->wake_wanted = ms >= 0;
    uint32_t next = next_timer(link);
    autoip_port_timer_stop(&link->timer);
    if (link->timed) {
        autoip_port_timer_start(&link->timer, next);
    }
}

/******************************************************************************/
// Open and close

static size_t links_in_use(void) {
    size_t count = 0;
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        count += autoip_links[i].netif != NULL;
    }
    return count;
}

autoip_link_t *autoip_link_open(struct netif *netif, void (*on_event)(autoip_link_t *link), int *error) {
    autoip_link_t *link = find_link(NULL);
    if (find_link(netif) != NULL) {
        *error = MP_EALREADY;
    } else if (link == NULL || !autoip_port_timer_init(&link->timer, on_timer)) {
        *error = MP_ENOMEM;
    } else {
        memset(link, 0, offsetof(autoip_link_t, timer)); // no sockets follow from an earlier service
        link->netif = netif;
        link->on_event = on_event;
        link->present = true;
        link->told_at = autoip_port_now() - TELL_INTERVAL;
        memcpy(link->alias.netif.hwaddr, netif->hwaddr, ETH_HWADDR_LEN);
        autoip_link_watch(link, -1);
        autoip_link_set_prefix(link, 16);
        learn_former_lease(link);
        // lwIP does not check for duplicates: twice in its list is an endless loop.
        if (links_in_use() == 1) {
            netif_add_ext_callback(&ext_callback, on_netif_change);
        }
        return link;
    }
    return NULL;
}

void autoip_link_close(autoip_link_t *link) {
    autoip_link_release(link);
    autoip_port_timer_stop(&link->timer);
    link->netif = NULL;
    if (links_in_use() == 0) {
        netif_remove_ext_callback(&ext_callback);
    }
}
