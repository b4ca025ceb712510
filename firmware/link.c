// SPDX-License-Identifier: MIT
// One lwIP interface as lib/autoip/service.py sees it, see link.h.

#include <string.h>

#include "py/mperrno.h"

#include "lwip/etharp.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/ethernet.h"
#include "netif/ethernet.h"

#include "link.h"

#if ETH_PAD_SIZE
#error "autoip needs ETH_PAD_SIZE 0"
#endif

#define NOT_WATCHED IPADDR_NONE

// The polling interval in ms. A static ifconfig() sets the address without a callback, and some drivers don't report a new
// MAC or the state of the cable.
#define POLL_INTERVAL (1000)

// Python gets at most one conflict on the interface's own address in this time, in ms, so that a storm of conflicts doesn't
// keep Python from its work.
#define REPORT_INTERVAL (1000)

// If the timer is late by more than this, in ms, the board must have slept. Another host needs at least 6 s to probe
// for an address and to announce it twice (RFC 3927 section 9: 2 * PROBE_MIN + ANNOUNCE_WAIT + ANNOUNCE_INTERVAL).
// After a shorter sleep, the board still receives an announcement, which is an ordinary conflict. After a longer sleep,
// the board must probe again (2.2).
#define SLEEP (6000)

autoip_link_t autoip_links[AUTOIP_LINKS];

static netif_ext_callback_t ext_callback;

/******************************************************************************/
// Finding things

static autoip_link_t *find_link(const struct netif *netif) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (link->alias.main == netif) {
            return link;
        }
    }
    return NULL;
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

// Returns true for a complete Request or Reply of IPv4 over Ethernet.
static bool is_well_formed(const struct etharp_hdr *packet) {
    return autoip_is_arp_of_ipv4(packet)
           && (packet->opcode == PP_HTONS(ARP_REQUEST) || packet->opcode == PP_HTONS(ARP_REPLY));
}

// RFC 5227 2.1.1 and 2.4: frames of this host come back from hubs and access points, and from its other interfaces.
static bool is_ours(const struct etharp_hdr *packet) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (link->alias.main != NULL && memcmp(&packet->shwaddr, link->alias.main->hwaddr, ETH_HWADDR_LEN) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_target(const struct etharp_hdr *packet, const ip4_addr_t *address) {
    return memcmp(&packet->dipaddr, address, sizeof(*address)) == 0;
}

// RFC 5227 1.1: the sender protocol address of a probe is zero. A unicast Request comes from a router or an access point
// that polls its neighbours, and a Reply is never a probe.
static bool is_probe(const autoip_link_t *link, const struct etharp_hdr *packet) {
    const struct eth_hdr *header = (const struct eth_hdr *)((const uint8_t *)packet - SIZEOF_ETH_HDR);
    return has_target(packet, &link->watched) && packet->opcode == PP_HTONS(ARP_REQUEST)
           && memcmp(&header->dest, &ethbroadcast, ETH_HWADDR_LEN) == 0;
}

// In the Reply to a probe, the target hardware address is the MAC of this interface. The target protocol address is
// zero, because the sender protocol address of the probe was zero.
static bool is_answer(const autoip_link_t *link, const struct etharp_hdr *packet) {
    return packet->opcode == PP_HTONS(ARP_REPLY) && has_target(packet, IP4_ADDR_ANY4)
           && memcmp(&packet->dhwaddr, link->alias.main->hwaddr, ETH_HWADDR_LEN) == 0;
}

// A conflict on the interface's own address is for DHCP or the user to resolve. Report it at most once per
// REPORT_INTERVAL.
static bool is_routable_claim(const autoip_link_t *link, const ip4_addr_t *sender) {
    return ip4_addr_eq(sender, netif_ip4_addr(link->alias.main)) && autoip_port_now() - link->reported_at >= REPORT_INTERVAL
           && autoip_alias_owner(&link->alias) >= AUTOIP_OWNER_LINK_LOCAL;
}

static bool is_watching(const autoip_link_t *link) {
    return ip4_addr_get_u32(&link->watched) != NOT_WATCHED;
}

// Returns the kind of a packet, which follows from its addresses. `sender` is its sender protocol address.
static autoip_kind_t kind_of(const autoip_link_t *link, const struct etharp_hdr *packet, const ip4_addr_t *sender) {
    if (is_watching(link) && ip4_addr_eq(sender, &link->watched)) {
        return is_answer(link, packet) ? AUTOIP_ANSWER : AUTOIP_CLAIM;
    }
    if (!ip4_addr_isany(sender)) {
        return is_routable_claim(link, sender) ? AUTOIP_ROUTABLE_CLAIM : AUTOIP_NOTHING;
    }
    // RFC 3927 2.5: once the address is in use, a probe is an ordinary Request, which lwIP answers.
    bool matters = is_watching(link) && !autoip_alias_is_used(&link->alias) && is_probe(link, packet);
    return matters ? AUTOIP_PROBE : AUTOIP_NOTHING;
}

// Returns the kind of a packet if the packet is complete and from another host.
static autoip_kind_t judge(autoip_link_t *link, const struct etharp_hdr *packet, const ip4_addr_t *sender) {
    autoip_kind_t kind = kind_of(link, packet, sender);
    if (kind == AUTOIP_NOTHING) {
        return AUTOIP_NOTHING;
    }
    if (!is_well_formed(packet)) {
        if (kind != AUTOIP_ROUTABLE_CLAIM) {
            count(&link->malformed);
        }
        return AUTOIP_NOTHING;
    }
    if (is_ours(packet)) {
        return AUTOIP_NOTHING;
    }
    if (kind == AUTOIP_ROUTABLE_CLAIM) {
        link->reported_at = autoip_port_now();
    }
    return kind;
}

void __real_etharp_input(struct pbuf *p, struct netif *netif);
void __wrap_etharp_input(struct pbuf *p, struct netif *netif);

// Replaces lwIP's etharp_input() for all interfaces.
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
        autoip_kind_t kind = judge(link, packet, &sender);
        if (kind != AUTOIP_NOTHING) {
            enqueue(link, kind, packet);
        }
        if (autoip_alias_is_used(&link->alias)) {
            if (ip4_addr_eq(&sender, &link->watched)) {
                // lwIP must not reply to a claim of an address in use, or put it into the ARP table.
                pbuf_free(p);
                return;
            }
            netif = autoip_alias_of_arp(&link->alias, p);
        }
    }
    __real_etharp_input(p, netif);
}

autoip_kind_t autoip_link_receive(autoip_link_t *link, uint8_t frame[AUTOIP_FRAME]) {
    #if AUTOIP_RESPONDER
    if (autoip_responder_is_renamed(&link->responder)) {
        return AUTOIP_RENAMED;
    }
    #endif
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

static bool is_up(const autoip_link_t *link) {
    return link->present && netif_is_up(link->alias.main) && netif_is_link_up(link->alias.main);
}

static bool is_usable(const autoip_link_t *link) {
    return is_up(link) && !link->interrupted;
}

bool autoip_link_send(autoip_link_t *link, const uint8_t frame[AUTOIP_FRAME]) {
    struct pbuf *p = is_usable(link) ? pbuf_alloc(PBUF_RAW, AUTOIP_FRAME, PBUF_RAM) : NULL;
    if (p == NULL) {
        return false;
    }
    pbuf_take(p, frame, AUTOIP_FRAME);
    bool accepted = link->alias.main->linkoutput(link->alias.main, p) == ERR_OK;
    pbuf_free(p);
    return accepted;
}

/******************************************************************************/
// The address

// Sends the announcement and sets the address in one step. If a frame came before this step, the frame is still in
// the queue, and this function does nothing. Python then processes the frame while the machine is still probing.
// When a later frame comes, the address is in use.
bool autoip_link_assign(autoip_link_t *link, const uint8_t frame[AUTOIP_FRAME]) {
    if (link->queued || !autoip_link_send(link, frame)) {
        return false;
    }
    autoip_alias_set(&link->alias, &link->watched);
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
// The name

#if AUTOIP_RESPONDER

// lwIP's responder has probed for a name. If another host has the name, the responder stops until it gets a new name.
static void on_name_result(struct netif *netif, u8_t result, s8_t slot) {
    autoip_link_t *link = find_link(netif);
    bool is_host_name = slot == 0;
    if (link != NULL && result == MDNS_PROBING_CONFLICT && is_host_name) {
        autoip_responder_rename(&link->responder, netif);
        link->on_event(link);
    }
}

static void remove_name(autoip_link_t *link) {
    autoip_responder_remove(&link->responder, link->alias.main);
}

#else

#define remove_name(link)

#endif

/******************************************************************************/
// State of the interface

// RFC 3927 2.2: the address is not used again until it has been probed.
static void interrupt(autoip_link_t *link) {
    link->interrupted = true;
    autoip_port_forget(&link->alias);
    autoip_alias_suspend(&link->alias);
    link->on_event(link);
}

// Changes of IPv6 addresses don't concern autoip.
#define OF_IPV6 (LWIP_NSC_IPV6_SET | LWIP_NSC_IPV6_ADDR_STATE_CHANGED)

static bool is_down(netif_nsc_reason_t reason, const netif_ext_callback_args_t *args) {
    return ((reason & LWIP_NSC_STATUS_CHANGED) && !args->status_changed.state)
           || ((reason & LWIP_NSC_LINK_CHANGED) && !args->link_changed.state);
}

// lwIP calls this in the middle of a change. Do only what can't wait until the change is complete.
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
        remove_name(link);
        autoip_link_release(link);
        link->present = false;
    }
    autoip_owner_note_lease(netif, &link->alias.lease);
    link->on_event(link);
}

// With a new MAC the board is a different host. Drivers change the MAC without a callback, so compare it with the alias's
// copy of the last MAC.
static void check_mac(autoip_link_t *link) {
    if (memcmp(link->alias.netif.hwaddr, link->alias.main->hwaddr, ETH_HWADDR_LEN) != 0) {
        memcpy(link->alias.netif.hwaddr, link->alias.main->hwaddr, ETH_HWADDR_LEN);
        interrupt(link);
    }
}

// Handles the changes that lwIP doesn't report, and what has to wait for the end of a change.
static void poll(autoip_link_t *link) {
    if (!link->present) {
        return;
    }
    check_mac(link);
    autoip_alias_show(&link->alias);
    autoip_port_keep_uplink(&link->alias);
    #if AUTOIP_RESPONDER
    if (is_up(link)) {
        autoip_responder_follow(&link->responder, link->alias.main, on_name_result);
    }
    #endif
}

// Returns the interface's present address if it is routable, or zero.
static ip4_addr_t routable_address(const autoip_link_t *link) {
    bool is_routable = is_usable(link) && autoip_alias_owner(&link->alias) == AUTOIP_OWNER_ROUTABLE;
    return is_routable ? *netif_ip4_addr(link->alias.main) : *IP4_ADDR_ANY4;
}

int autoip_link_status(autoip_link_t *link) {
    poll(link);
    link->routable = routable_address(link);
    return is_usable(link) ? 1 + !ip4_addr_isany_val(link->routable) : 0;
}

// Returns true if status() has reported the present routable address. Otherwise it makes Python call status() soon.
static bool has_reported_address(autoip_link_t *link) {
    ip4_addr_t now = routable_address(link);
    bool has_reported = ip4_addr_eq(&now, &link->routable);
    if (!has_reported) {
        link->on_event(link);
    }
    return has_reported;
}

ip4_addr_t autoip_link_routable(autoip_link_t *link) {
    return has_reported_address(link) ? link->routable : *IP4_ADDR_ANY4;
}

// Drops the frames about an address that is no longer watched.
static void forget_claims(autoip_link_t *link) {
    uint8_t kept = 0;
    for (uint8_t i = 0; i < link->queued; ++i) {
        if (link->queue[i].kind == AUTOIP_ROUTABLE_CLAIM) {
            link->queue[kept++] = link->queue[i];
        }
    }
    link->queued = kept;
}

void autoip_link_watch(autoip_link_t *link, int32_t host) {
    ip4_addr_t watched;
    if (host < 0) {
        ip4_addr_set_u32(&watched, NOT_WATCHED);
        link->interrupted = false; // Python has handled the interruption
    } else {
        ip4_addr_set_u32(&watched, lwip_htonl(0xa9fe0000 | host)); // 169.254.x.y
    }
    if (!ip4_addr_eq(&watched, &link->watched)) {
        link->watched = watched;
        forget_claims(link);
    }
}

/******************************************************************************/
// Waking Python

// While the link is down, lwIP reports when it comes up. So there is nothing to poll, unless the driver doesn't report
// the state of the cable.
static uint32_t until_next_poll(const autoip_link_t *link, uint32_t now) {
    uint32_t poll = link->polls_cable || is_up(link) ? POLL_INTERVAL : AUTOIP_PORT_NEVER;
    return link->wake_wanted ? LWIP_MIN(link->wake_at - now, poll) : poll;
}

// Stores when the timer is due next. If this call is so late that the board must have slept, also calls
// interrupt(). If a wake-up is wanted, wake_at must not be in the past.
static uint32_t next_timer(autoip_link_t *link, uint32_t now) {
    if (link->timed && (int32_t)(now - link->due_at) > SLEEP) {
        interrupt(link);
    }
    uint32_t ms = until_next_poll(link, now);
    link->timed = ms != AUTOIP_PORT_NEVER;
    link->due_at = now + ms;
    return ms;
}

static uint32_t on_timer(autoip_port_timer_t *timer) {
    autoip_link_t *link = (autoip_link_t *)((char *)timer - offsetof(autoip_link_t, timer));
    link->polls_cable = link->present && autoip_port_poll_cable(link->alias.main);
    poll(link);
    has_reported_address(link);
    uint32_t now = autoip_port_now();
    if (link->wake_wanted && (int32_t)(now - link->wake_at) >= 0) {
        link->wake_wanted = false;
        link->on_event(link);
    }
    return next_timer(link, now);
}

void autoip_link_wake(autoip_link_t *link, int32_t ms) {
    uint32_t now = autoip_port_now();
    link->wake_at = now + ms;
    link->wake_wanted = ms >= 0;
    uint32_t next = next_timer(link, now);
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
        count += autoip_links[i].alias.main != NULL;
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
        // This also clears the last address of the alias. Sockets of an earlier service stay bound to that
        // address.
        memset(link, 0, offsetof(autoip_link_t, timer));
        link->on_event = on_event;
        link->present = true;
        link->reported_at = autoip_port_now() - REPORT_INTERVAL;
        autoip_alias_init(&link->alias, netif);
        autoip_link_watch(link, -1);
        // lwIP doesn't check for duplicates. If autoip added the callback twice, lwIP's list of callbacks would be
        // circular.
        if (links_in_use() == 1) {
            netif_add_ext_callback(&ext_callback, on_netif_change);
        }
        return link;
    }
    return NULL;
}

void autoip_link_close(autoip_link_t *link) {
    remove_name(link);
    autoip_link_release(link);
    autoip_port_timer_stop(&link->timer);
    if (link->present) {
        autoip_port_filter(link->alias.main);
    }
    link->alias.main = NULL;
    if (links_in_use() == 0) {
        netif_remove_ext_callback(&ext_callback);
    }
}
