// The lwIP part, frames: the hooks, the filter for ARP, the queue and the wake-ups.

#include <string.h>

#include "py/mphal.h"

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/ethernet.h"

#include "autoip.h"

#if ETH_PAD_SIZE
#error "autoip needs ETH_PAD_SIZE 0"
#endif

// Octets of an ARP packet of IPv4 in its Ethernet frame.
#define AT_DESTINATION (0)
#define AT_SHA (22)
#define AT_SPA AUTOIP_FRAME_SPA
#define AT_TPA AUTOIP_FRAME_TPA

// A static ifconfig() writes the address without telling anybody: look that often, in ms.
#define LOOK_INTERVAL (1000)

// Claims on the interface's own address are told of that often, in ms: a storm of them must not
// keep Python from its work.
#define CLAIM_INTERVAL (1000)

autoip_link_t autoip_links[AUTOIP_LINKS];

static netif_ext_callback_t ext_callback;

static void hook(autoip_link_t *link);
static void unhook(autoip_link_t *link);

/******************************************************************************/
// Finding things

autoip_link_t *autoip_find_link(const struct netif *netif) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (link->netif == netif) {
            return link;
        }
    }
    return NULL;
}

bool autoip_is_active(const struct netif *wanted) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (netif == wanted) {
            return true;
        }
    }
    return false;
}

static bool is_alias(const struct netif *netif) {
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        if (&autoip_links[i].alias == netif) {
            return true;
        }
    }
    return false;
}

struct netif *autoip_find_netif(const char *name, size_t len) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (len == 2 && memcmp(netif->name, name, 2) == 0 && !is_alias(netif)) {
            return netif;
        }
    }
    return NULL;
}

bool autoip_is_host(const uint8_t *address, int32_t host) {
    return address[3] == (host & 0xff) && address[2] == host >> 8 && autoip_is_link_local(address);
}

static bool is_zero(const uint8_t *address) {
    return (address[0] | address[1] | address[2] | address[3]) == 0;
}

static bool is_up(const autoip_link_t *link) {
    return link->hooked && autoip_is_up(link->netif);
}

// lwIP leaves a lease on the interface that no server confirms any more, on another network for
// instance, while it looks for a new one.
static bool is_stale_lease(const autoip_link_t *link) {
    const struct dhcp *dhcp = netif_dhcp_data(link->netif);
    return dhcp != NULL && dhcp->state != DHCP_STATE_OFF && dhcp->state != DHCP_STATE_REBOOTING
           && !dhcp_supplied_address(link->netif)
           && ip4_addr_eq(netif_ip4_addr(link->netif), &link->leased);
}

// One that was there before us: of a lease that was bound DHCP knows how long it lasts.
static void learn_lease(autoip_link_t *link) {
    const struct dhcp *dhcp = netif_dhcp_data(link->netif);
    if (dhcp != NULL && dhcp->t0_timeout != 0) {
        link->leased = *netif_ip4_addr(link->netif);
    }
}

// Has the interface an IPv4 address of its own?
static bool has_address(const autoip_link_t *link) {
    return link->hooked && !ip4_addr_isany(netif_ip4_addr(link->netif))
           && !autoip_alias_is_mirrored(link) && !is_stale_lease(link);
}

// A link-local one, by hand or by DHCP, is not routable (RFC 3927 1.6).
static bool is_routable(const autoip_link_t *link) {
    return has_address(link) && !autoip_is_link_local((const uint8_t *)netif_ip4_addr(link->netif));
}

/******************************************************************************/
// Frames in. lwIP context: no Python, nothing that waits.

static void enqueue(autoip_link_t *link, const uint8_t *frame) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    if (link->queue_count == AUTOIP_QUEUE) {
        link->drops += link->drops < UINT16_MAX;
    } else {
        uint8_t last = (link->queue_first + link->queue_count++) & (AUTOIP_QUEUE - 1);
        memcpy(link->queue[last], frame, AUTOIP_FRAME);
    }
    MICROPY_END_ATOMIC_SECTION(state);
    autoip_schedule(link);
}

// Does an ARP packet of another host claim the interface's own address, a lease or a static one?
static bool is_claimed(const autoip_link_t *link, const uint8_t *frame) {
    return memcmp(frame + AT_SPA, netif_ip4_addr(link->netif), 4) == 0 && has_address(link)
           && !autoip_is_host(frame + AT_SPA, link->watched);
}

static bool is_claim_to_tell(autoip_link_t *link, const uint8_t *frame) {
    if (!is_claimed(link, frame) || autoip_port_now() - link->claim_at < CLAIM_INTERVAL) {
        return false;
    }
    link->claim_at = autoip_port_now();
    return true;
}

// Is the frame to be kept from lwIP? Python gets a copy of those that may be a conflict.
static bool filter(autoip_link_t *link, const uint8_t *frame) {
    bool watching = link->watched >= 0;
    bool from_us = watching && autoip_is_host(frame + AT_SPA, link->watched);
    // RFC 5227 2.1.1 and 2.4: all that claims the address, and probes for it. Once it is held, a
    // probe is an ordinary question, which lwIP answers (2.5).
    bool probe = watching && link->assigned < 0
        && is_zero(frame + AT_SPA) && autoip_is_host(frame + AT_TPA, link->watched);
    // RFC 5227 2.4: own frames come back from hubs and access points.
    bool echo = memcmp(frame + AT_SHA, link->netif->hwaddr, ETH_HWADDR_LEN) == 0;
    if (!echo && (from_us || probe || is_claim_to_tell(link, frame))) {
        enqueue(link, frame);
    }
    // What claims an address that we hold may neither be answered nor get into the ARP cache.
    return from_us && link->assigned >= 0;
}

// The linker puts this in the place of lwIP's etharp_input(), which it calls __real_etharp_input().
void __wrap_etharp_input(struct pbuf *p, struct netif *netif) {
    autoip_link_t *link = autoip_find_link(netif);
    if (link != NULL && p->len >= SIZEOF_ETHARP_HDR) {
        // The Ethernet header is still there, before the packet.
        const uint8_t *frame = (const uint8_t *)p->payload - SIZEOF_ETH_HDR;
        if (filter(link, frame)) {
            pbuf_free(p);
            return;
        }
        netif = autoip_alias_arp_input(link, p, frame);
    }
    __real_etharp_input(p, netif);
}

/******************************************************************************/
// Frames out

static err_t hook_linkoutput(struct netif *netif, struct pbuf *p) {
    autoip_link_t *link = autoip_find_link(netif);
    return link == NULL ? ERR_IF : autoip_link_output(link, p);
}

err_t autoip_link_output(autoip_link_t *link, struct pbuf *p) {
    if (!link->hooked) {
        return ERR_IF;
    }
    uint8_t *frame = p->payload;
    if (p->len >= AUTOIP_FRAME && ((const struct eth_hdr *)frame)->type == PP_HTONS(ETHTYPE_ARP)) {
        if (autoip_is_link_local(frame + AT_SPA)) {
            // lwIP announces an address when it is set, and asks for its own: the protocol has its
            // own announcements, counted by RFC 3927 2.4 and 2.5.
            if (memcmp(frame + AT_SPA, frame + AT_TPA, 4) == 0) {
                return ERR_OK;
            }
            // RFC 3927 2.5: ARP with a link-local sender is broadcast, Replies too.
            memset(frame + AT_DESTINATION, 0xff, ETH_HWADDR_LEN);
        }
    }
    return link->linkoutput(link->netif, p);
}

static err_t hook_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    autoip_link_t *link = autoip_find_link(netif);
    return link == NULL ? ERR_IF : autoip_alias_output(netif, p, destination, link->output);
}

typedef struct _send_t {
    autoip_link_t *link;
    const uint8_t *frame;
    size_t len;
    bool taken;
} send_t;

static void send_in_lwip(void *arg) {
    send_t *call = arg;
    if (!call->link->hooked) {
        return;
    }
    struct pbuf *p = pbuf_alloc(PBUF_RAW, call->len, PBUF_RAM);
    if (p == NULL) {
        return;
    }
    pbuf_take(p, call->frame, call->len);
    call->taken = call->link->linkoutput(call->link->netif, p) == ERR_OK;
    pbuf_free(p);
}

bool autoip_link_send(autoip_link_t *link, const uint8_t *frame, size_t len) {
    send_t call = { link, frame, len, false };
    autoip_port_run(send_in_lwip, &call);
    return call.taken;
}

/******************************************************************************/
// State of the interface

static void look(autoip_link_t *link) {
    if (!link->hooked) {
        return; // the interface is gone, with its DHCP client
    }
    if (dhcp_supplied_address(link->netif)) {
        link->leased = *netif_ip4_addr(link->netif);
    }
    link->mirrors = autoip_alias_is_mirrored(link);
    autoip_alias_mirror(link);
}

// IPv6 addresses come and go without us.
#define OF_IPV6 (LWIP_NSC_IPV6_SET | LWIP_NSC_IPV6_ADDR_STATE_CHANGED)

static void on_netif_change(struct netif *netif, netif_nsc_reason_t reason, const netif_ext_callback_args_t *args) {
    autoip_link_t *link = autoip_find_link(netif);
    if (link == NULL || !(reason & ~OF_IPV6)) {
        return;
    }
    if (reason & LWIP_NSC_NETIF_ADDED) {
        hook(link);
    }
    if (reason & LWIP_NSC_NETIF_REMOVED) {
        autoip_alias_release(link);
        unhook(link);
        link->went_down = true;
    }
    if (((reason & LWIP_NSC_STATUS_CHANGED) && !args->status_changed.state)
        || ((reason & LWIP_NSC_LINK_CHANGED) && !args->link_changed.state)) {
        link->went_down = true;
        autoip_alias_release(link); // RFC 3927 2.2: not used again before it is probed
    }
    look(link);
    autoip_schedule(link);
}

// Python asks in lwIP's context: where that is a task, it may be in the middle of a change.
typedef struct _question_t {
    autoip_link_t *link;
    const uint8_t *frame;
    int answer;
} question_t;

static int ask(void (*question)(void *), autoip_link_t *link, const uint8_t *frame) {
    question_t call = { link, frame, 0 };
    autoip_port_run(question, &call);
    return call.answer;
}

static void status_in_lwip(void *arg) {
    question_t *call = arg;
    autoip_link_t *link = call->link;
    link->routable = is_routable(link);
    call->answer = link->went_down || !is_up(link) ? 0 : 1 + link->routable;
}

int autoip_link_status(autoip_link_t *link) {
    return ask(status_in_lwip, link, NULL);
}

static void claimed_in_lwip(void *arg) {
    question_t *call = arg;
    call->answer = is_claimed(call->link, call->frame);
}

bool autoip_link_is_claimed(autoip_link_t *link, const uint8_t *frame) {
    return ask(claimed_in_lwip, link, frame);
}

/******************************************************************************/
// Hooks

static void hook(autoip_link_t *link) {
    struct netif *netif = link->netif;
    link->output = netif->output;
    link->linkoutput = netif->linkoutput;
    netif->output = hook_output;
    netif->linkoutput = hook_linkoutput;
    link->hooked = true;
}

static void unhook(autoip_link_t *link) {
    struct netif *netif = link->netif;
    // Whoever hooked after us keeps his hook.
    if (netif->output == hook_output) {
        netif->output = link->output;
    }
    if (netif->linkoutput == hook_linkoutput) {
        netif->linkoutput = link->linkoutput;
    }
    link->hooked = false;
}

static size_t links_in_use(void) {
    size_t count = 0;
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        count += autoip_links[i].netif != NULL;
    }
    return count;
}

typedef struct _open_t {
    autoip_link_t *link;
    struct netif *netif;
} open_t;

static void open_in_lwip(void *arg) {
    const open_t *call = arg;
    autoip_link_t *link = call->link;
    // The scheduler may still hold the node of a service that is no more.
    memset(link, 0, offsetof(autoip_link_t, timer));
    link->watched = link->assigned = -1;
    link->claim_at = autoip_port_now() - CLAIM_INTERVAL;
    link->netif = call->netif;
    learn_lease(link);
    // lwIP does not check for duplicates: twice in its list is an endless loop.
    if (links_in_use() == 1) {
        netif_add_ext_callback(&ext_callback, on_netif_change);
    }
    hook(link);
}

autoip_link_t *autoip_link_open(struct netif *netif) {
    autoip_link_t *link = autoip_find_link(NULL);
    if (link == NULL) {
        return NULL;
    }
    open_t call = { link, netif };
    autoip_port_run(open_in_lwip, &call);
    return link;
}

static void close_in_lwip(void *arg) {
    autoip_link_t *link = arg;
    autoip_alias_release(link);
    autoip_port_timer_stop(link);
    if (link->hooked) {
        unhook(link);
    }
    link->netif = NULL;
    if (links_in_use() == 0) {
        netif_remove_ext_callback(&ext_callback);
    }
}

void autoip_link_close(autoip_link_t *link) {
    autoip_port_run(close_in_lwip, link);
}

/******************************************************************************/
// Waking Python

static uint32_t until_next_look(const autoip_link_t *link) {
    if (!link->wake_wanted) {
        return LOOK_INTERVAL;
    }
    int32_t left = link->wake_at - autoip_port_now();
    return left < 0 ? 0 : MIN(left, LOOK_INTERVAL);
}

uint32_t autoip_link_timer(autoip_link_t *link) {
    if (link->wake_wanted && until_next_look(link) == 0) {
        link->wake_wanted = false;
        autoip_schedule(link);
    }
    look(link);
    if (is_routable(link) != link->routable) {
        autoip_schedule(link);
    }
    return until_next_look(link);
}

typedef struct _wake_t {
    autoip_link_t *link;
    int32_t ms;
} wake_t;

// The timer, which may be due at this moment, runs in the same context: no wake-up is lost between them.
static void wake_in_lwip(void *arg) {
    const wake_t *call = arg;
    autoip_link_t *link = call->link;
    link->wake_at = autoip_port_now() + call->ms;
    link->wake_wanted = call->ms >= 0;
    autoip_port_timer_start(link, until_next_look(link));
}

void autoip_link_wake(autoip_link_t *link, int32_t ms) {
    wake_t call = { link, ms };
    autoip_port_run(wake_in_lwip, &call);
}

void autoip_link_watch(autoip_link_t *link, int32_t host) {
    link->watched = host; // a word: nobody sees half of it
    if (host < 0) {
        link->went_down = false; // Python has drawn the conclusion, or has none to draw
    }
}

size_t autoip_link_receive(autoip_link_t *link, uint8_t *frame, size_t len) {
    mp_uint_t state = MICROPY_BEGIN_ATOMIC_SECTION();
    size_t copied = 0;
    if (link->queue_count) {
        copied = MIN(len, AUTOIP_FRAME);
        memcpy(frame, link->queue[link->queue_first], copied);
        link->queue_first = (link->queue_first + 1) & (AUTOIP_QUEUE - 1);
        --link->queue_count;
    }
    MICROPY_END_ATOMIC_SECTION(state);
    return copied;
}
