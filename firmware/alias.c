// SPDX-License-Identifier: MIT
// A second IPv4 address for an lwIP interface, see alias.h. The linker puts the functions named __wrap_ in the
// place of lwIP's own, which they call by the name __real_: see micropython.mk and micropython.cmake.

#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/udp.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"

#include "alias.h"
#include "alias_route.h"

// The functions of lwIP whose place is taken. The linker has lwIP call ours.
err_t __real_ip4_input(struct pbuf *p, struct netif *netif);
err_t __wrap_ip4_input(struct pbuf *p, struct netif *netif);
err_t __real_etharp_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination);
err_t __wrap_etharp_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination);
err_t __real_igmp_joingroup(const ip4_addr_t *address, const ip4_addr_t *group);
err_t __wrap_igmp_joingroup(const ip4_addr_t *address, const ip4_addr_t *group);
err_t __real_igmp_leavegroup(const ip4_addr_t *address, const ip4_addr_t *group);
err_t __wrap_igmp_leavegroup(const ip4_addr_t *address, const ip4_addr_t *group);

#define PREFIX_MASK PP_HTONL(0xffff0000UL) // of 169.254/16
#define PREFIX_BROADCAST PP_HTONL(0xa9feffffUL) // 169.254.255.255 (RFC 3927 2.6.2)

static autoip_alias_t *aliases; // those that are set

bool autoip_alias_diverts;

/******************************************************************************/
// Finding things

static autoip_alias_t *alias_with(const ip4_addr_t *address) {
    autoip_alias_t *alias = aliases;
    while (alias != NULL && !ip4_addr_eq(netif_ip4_addr(&alias->netif), address)) {
        alias = alias->next;
    }
    return alias;
}

static autoip_alias_t *alias_on(const struct netif *main) {
    autoip_alias_t *alias = aliases;
    while (alias != NULL && alias->main != main) {
        alias = alias->next;
    }
    return alias;
}

static bool is_usable(const struct netif *netif) {
    return netif_is_up(netif) && netif_is_link_up(netif) && !ip4_addr_isany(netif_ip4_addr(netif));
}

// Is there an ARP entry for this address?
static bool is_known(struct netif *netif, const ip4_addr_t *address) {
    struct eth_addr *mac;
    const ip4_addr_t *entry;
    return etharp_find_addr(netif, address, &mac, &entry) >= 0;
}

/******************************************************************************/
// Main shows the address

autoip_owner_t autoip_alias_owner(const autoip_alias_t *alias) {
    const ip4_addr_t *shown = alias->shows ? netif_ip4_addr(&alias->netif) : IP4_ADDR_ANY4;
    return autoip_owner(alias->main, shown, &alias->lease);
}

static void set_main(autoip_alias_t *alias, const ip4_addr_t *address, const ip4_addr_t *netmask) {
    struct netif *main = alias->main;
    // lwIP announces an address when it is set, but only on interfaces with ARP. The protocol has announcements
    // of its own, counted by RFC 3927 2.4 and 2.5.
    u8_t flags = main->flags;
    main->flags &= ~NETIF_FLAG_ETHARP;
    netif_set_addr(main, address, netmask, netif_ip4_gw(main));
    main->flags |= flags & NETIF_FLAG_ETHARP;
}

// Don't show the address while DHCP holds or is confirming a lease: DHCP would mistake main's address for the lease and
// release it or put it in its messages.
void autoip_alias_show(autoip_alias_t *alias) {
    autoip_owner_t owner = autoip_alias_owner(alias);
    alias->shows = owner == AUTOIP_OWNER_AUTOIP;
    if (autoip_alias_is_used(alias) && owner == AUTOIP_OWNER_NONE) {
        alias->netmask = *netif_ip4_netmask(alias->main);
        alias->shows = true;
        set_main(alias, netif_ip4_addr(&alias->netif), netif_ip4_netmask(&alias->netif));
    }
}

static void hide(autoip_alias_t *alias) {
    if (autoip_alias_owner(alias) == AUTOIP_OWNER_AUTOIP) {
        set_main(alias, IP4_ADDR_ANY4, &alias->netmask);
    }
    alias->shows = false;
}

/******************************************************************************/
// Who asks by UDP is answered from the address that he asked: a server that is bound to no address leaves the choice
// to routing, which would look at the destination alone. The last askers for whom that would be wrong are
// remembered.

#define ASKERS (4)

static struct {
    ip4_addr_t address[ASKERS]; // zero: free
    u8_t asked[ASKERS]; // index of main or the alias
    u8_t oldest;
    u8_t remembered; // entries in use
} askers;

// ASKERS: there is none.
static size_t find_asker(const ip4_addr_t *address) {
    size_t i = askers.remembered ? 0 : ASKERS;
    while (i < ASKERS && !ip4_addr_eq(&askers.address[i], address)) {
        ++i;
    }
    return i;
}

static bool is_plain; // lwIP routes to 169.254/16 as it should

static void see_routes(void) {
    is_plain = aliases == NULL || (aliases->next == NULL && aliases->prefix == 16);
    autoip_alias_diverts = askers.remembered || !is_plain;
}

static void forget(size_t i) {
    ip4_addr_set_zero(&askers.address[i]);
    --askers.remembered;
}

static void forget_askers_of(struct netif *netif) {
    for (size_t i = 0; i < ASKERS; ++i) {
        if (!ip4_addr_isany_val(askers.address[i]) && askers.asked[i] == netif_get_index(netif)) {
            forget(i);
        }
    }
}

static struct netif *route_unbound(const ip4_addr_t *destination);

static void note_asker(const ip4_addr_t *address, struct netif *netif) {
    if (ip4_addr_isany(address)) {
        return;
    }
    size_t i = find_asker(address);
    const struct netif *route = route_unbound(address);
    bool needless = route != NULL && ip4_addr_eq(netif_ip4_addr(netif), netif_ip4_addr(route));
    if (!needless) {
        if (i == ASKERS) {
            i = askers.oldest;
            askers.oldest = (askers.oldest + 1) % ASKERS;
            askers.remembered += ip4_addr_isany_val(askers.address[i]);
        }
        askers.address[i] = *address;
        askers.asked[i] = netif_get_index(netif);
    } else if (i < ASKERS) {
        forget(i);
    }
    see_routes();
}

/******************************************************************************/
// Packets in

// Is it the begin of a UDP packet for a port that no socket has?
static bool is_for_closed_port(const struct pbuf *p) {
    const struct ip_hdr *header = p->payload;
    u16_t length = IPH_HL_BYTES(header);
    if (IPH_PROTO(header) != IP_PROTO_UDP || (IPH_OFFSET(header) & PP_HTONS(IP_OFFMASK)) || p->len < length + UDP_HLEN) {
        return false;
    }
    u16_t port = lwip_ntohs(((const struct udp_hdr *)((const u8_t *)header + length))->dest);
    const struct udp_pcb *pcb = udp_pcbs;
    while (pcb != NULL && pcb->local_port != port) {
        pcb = pcb->next;
    }
    return pcb == NULL;
}

// A packet to the alias keeps the interface that it came in by, and lwIP finds the address by itself. The exceptions, when
// main has another address, are what is for 169.254.255.255, since main has another prefix, and for a closed UDP port: lwIP
// answers that at an interface's own address only.
static struct netif *input_interface(struct netif *netif, const struct pbuf *p, autoip_alias_t *alias) {
    if (alias != NULL) {
        return is_for_closed_port(p) ? &alias->netif : netif;
    }
    alias = ((const struct ip_hdr *)p->payload)->dest.addr == PREFIX_BROADCAST ? alias_on(netif) : NULL;
    return alias != NULL && autoip_alias_is_used(alias) ? &alias->netif : netif;
}

// A packet for an address of 169.254/16, or from one to main's address, while main has another address than the alias.
static __attribute__((noinline)) err_t input(struct pbuf *p, struct netif *netif) {
    const struct ip_hdr *header = p->payload;
    ip4_addr_t source, destination;
    ip4_addr_copy(source, header->src);
    ip4_addr_copy(destination, header->dest);
    autoip_alias_t *alias = alias_with(&destination);
    bool for_main = ip4_addr_eq(netif_ip4_addr(netif), &destination);
    // lwIP takes in what is for any of its interfaces. A link-local address is known on its own link only (RFC 3927
    // 3.2), and 169.254.255.255 is no sender.
    if (alias != NULL && ((alias->main != netif && !for_main) || ip4_addr_get_u32(&source) == PREFIX_BROADCAST)) {
        pbuf_free(p);
        return ERR_OK;
    }
    if (IPH_PROTO(header) == IP_PROTO_UDP && (alias != NULL || for_main)) {
        note_asker(&source, alias != NULL ? &alias->netif : netif);
    }
    return __real_ip4_input(p, for_main ? netif : input_interface(netif, p, alias));
}

// In the place of lwIP's ip4_input(), for all interfaces. While there is one alias and main shows its address, lwIP does
// all by itself.
err_t __wrap_ip4_input(struct pbuf *p, struct netif *netif) {
    const autoip_alias_t *alias = aliases;
    if (alias != NULL && p->len >= IP_HLEN
        && (alias->next != NULL || !ip4_addr_eq(netif_ip4_addr(netif), netif_ip4_addr(&alias->netif)))) {
        const struct ip_hdr *header = p->payload;
        ip4_addr_t source, destination;
        ip4_addr_copy(source, header->src);
        ip4_addr_copy(destination, header->dest);
        if (ip4_addr_islinklocal(&destination)
            || ((askers.remembered || ip4_addr_islinklocal(&source)) && ip4_addr_eq(&destination, netif_ip4_addr(netif)))) {
            return input(p, netif);
        }
    }
    return __real_ip4_input(p, netif);
}

/******************************************************************************/
// ARP packets in

// IDF's DHCP client asks who has the address that it is offered, with the address that main shows: the answer is
// for main.
static bool is_for_dhcp(const struct netif *main, const ip4_addr_t *sender) {
    const struct dhcp *dhcp = netif_dhcp_data(main);
    return dhcp != NULL && dhcp->state == DHCP_STATE_CHECKING && ip4_addr_eq(sender, &dhcp->offered_ip_addr);
}

struct netif *autoip_alias_of_arp(autoip_alias_t *alias, struct pbuf *p) {
    const struct etharp_hdr *packet = p->payload;
    ip4_addr_t sender, target;
    memcpy(&sender, &packet->sipaddr, sizeof(sender));
    memcpy(&target, &packet->dipaddr, sizeof(target));
    if (is_for_dhcp(alias->main, &sender)) {
        return alias->main;
    }
    // While main shows the address, all that is sent by ARP is sent by the alias.
    if (autoip_alias_owner(alias) == AUTOIP_OWNER_AUTOIP || ip4_addr_eq(&target, netif_ip4_addr(&alias->netif))) {
        return &alias->netif;
    }
    // Each interface has ARP entries of its own: what other hosts announce may concern both.
    struct pbuf *copy;
    if (is_known(&alias->netif, &sender) && (copy = pbuf_clone(PBUF_RAW, PBUF_POOL, p)) != NULL) {
        etharp_input(copy, &alias->netif);
    }
    return alias->main;
}

/******************************************************************************/
// Packets out

static err_t alias_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    autoip_alias_t *alias = (autoip_alias_t *)netif;
    if (!autoip_alias_is_used(alias) || (alias->leaving && !is_known(netif, destination))) {
        // Suspended: it is lost, as on a cable that is out, and TCP sends it again. Leaving: a connection is reset, and
        // nobody is asked for where its other end is (RFC 3927 2.5).
        return ERR_OK;
    }
    if (ip4_addr_isloopback(destination)) {
        return ERR_RTE; // it came in with that as its source
    }
    // RFC 3927 2.6.2 and 2.7: what has a link-local source goes to its destination directly, wherever that is. So
    // lwIP is told that the router to the destination is the destination.
    ip4_addr_copy(*ip_2_ip4(&netif->gw), *destination);
    return __real_etharp_output(netif, p, destination);
}

static __attribute__((noinline)) err_t output_link_local(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    ip4_addr_t source;
    ip4_addr_copy(source, ((const struct ip_hdr *)p->payload)->src);
    autoip_alias_t *alias = alias_with(&source);
    if (alias != NULL) {
        return alias_output(&alias->netif, p, destination);
    }
    if (ip4_addr_get_u32(destination) == PREFIX_BROADCAST) {
        return ethernet_output(netif, p, (const struct eth_addr *)netif->hwaddr, &ethbroadcast, ETHTYPE_IP);
    }
    return __real_etharp_output(netif, p, destination);
}

// In the place of lwIP's etharp_output(), by which all interfaces with ARP send IPv4. What has the alias's address as
// its source may come by main: the answer to a ping, for instance. 169.254.255.255 is a broadcast, whatever the prefix of
// main is (RFC 3927 2.6.2).
err_t __wrap_etharp_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    if (ip4_addr_islinklocal(&((const struct ip_hdr *)p->payload)->src) || ip4_addr_islinklocal(destination)) {
        return output_link_local(netif, p, destination);
    }
    return __real_etharp_output(netif, p, destination);
}

// Frames that the alias sends: `netif` is the alias.
static err_t alias_linkoutput(struct netif *netif, struct pbuf *p) {
    struct netif *main = ((autoip_alias_t *)netif)->main;
    struct eth_hdr *header = p->payload;
    if (header->type == PP_HTONS(ETHTYPE_ARP)) {
        const struct etharp_hdr *packet = (const struct etharp_hdr *)(header + 1);
        if (memcmp(&packet->sipaddr, &packet->dipaddr, sizeof(packet->sipaddr)) == 0) {
            return ERR_OK; // an announcement, or a question for the own address, see set_main()
        }
        // RFC 3927 2.5: ARP with a link-local sender is broadcast, Replies too.
        memset(&header->dest, 0xff, sizeof(header->dest));
    }
    return main->linkoutput(main, p);
}

/******************************************************************************/
// Routes

static bool has_entry(autoip_alias_t *alias, const ip4_addr_t *destination) {
    return is_known(&alias->netif, destination) || is_known(alias->main, destination);
}

static struct netif *by_prefix(autoip_alias_t *alias) {
    struct netif *netif = alias->prefix == 16 ? &alias->netif : alias->main;
    return is_usable(netif) ? netif : NULL;
}

// What no socket binds to an address goes where lwIP would send it, but for 169.254/16: with several links the one that
// has an ARP entry for the destination comes first (RFC 3927 3.2), and an alias with prefix 32 is passed by.
static struct netif *route_unbound(const ip4_addr_t *destination) {
    struct netif *found = ip4_route(destination);
    if (!ip4_addr_islinklocal(destination) || is_plain) {
        return found;
    }
    for (autoip_alias_t *alias = aliases; alias != NULL; alias = alias->next) {
        if (has_entry(alias, destination) || (aliases->next == NULL && found == &alias->netif)) {
            return by_prefix(alias);
        }
    }
    return found;
}

// What a socket binds to an address leaves by the interface that has it. lwIP looks at the destination alone, which
// matters only where several interfaces have the prefix 169.254/16.
static struct netif *route_bound(const ip4_addr_t *source, const ip4_addr_t *destination) {
    autoip_alias_t *alias = alias_with(source);
    if (alias != NULL) {
        return &alias->netif;
    }
    struct netif *netif = NULL;
    if (ip4_addr_islinklocal(destination)) {
        NETIF_FOREACH(netif) {
            if (is_usable(netif) && ip4_addr_eq(netif_ip4_addr(netif), source)) {
                break;
            }
        }
    }
    return netif;
}

struct netif *autoip_alias_find_route(const ip4_addr_t *source, const ip4_addr_t *destination) {
    if (aliases == NULL) {
        return NULL;
    }
    if (!ip4_addr_isany_val(*source)) {
        return ip4_addr_isloopback(destination) ? NULL : route_bound(source, destination);
    }
    size_t i = find_asker(destination);
    struct netif *netif = i < ASKERS ? netif_get_by_index(askers.asked[i]) : NULL;
    if (netif != NULL && is_usable(netif)) {
        return netif;
    }
    return ip4_addr_islinklocal(destination) ? route_unbound(destination) : NULL;
}

#if LWIP_IPV6
// Where lwIP has only one interface it takes that for every destination; the alias must not end this.
struct netif *__real_ip6_route(const ip6_addr_t *source, const ip6_addr_t *destination);
struct netif *__wrap_ip6_route(const ip6_addr_t *source, const ip6_addr_t *destination);
struct netif *__wrap_ip6_route(const ip6_addr_t *source, const ip6_addr_t *destination) {
    struct netif *found = __real_ip6_route(source, destination);
    if (found != NULL || ip6_addr_has_zone(destination)) {
        return found;
    }
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (netif->linkoutput == alias_linkoutput) {
            continue;
        }
        if (found != NULL) {
            return NULL; // it is one of several
        }
        found = netif;
    }
    return found != NULL && netif_is_up(found) && netif_is_link_up(found) ? found : NULL;
}
#endif

/******************************************************************************/
// Multicast groups belong to main: the alias has no IGMP. Its address names main.

static const ip4_addr_t *address_with_groups(const ip4_addr_t *address) {
    const autoip_alias_t *alias = alias_with(address);
    return alias == NULL ? address : netif_ip4_addr(alias->main);
}

err_t __wrap_igmp_joingroup(const ip4_addr_t *address, const ip4_addr_t *group) {
    return __real_igmp_joingroup(address_with_groups(address), group);
}

err_t __wrap_igmp_leavegroup(const ip4_addr_t *address, const ip4_addr_t *group) {
    return __real_igmp_leavegroup(address_with_groups(address), group);
}

/******************************************************************************/
// Connections

// When main no longer shows the address, because a lease takes its place or the link is lost, lwIP would reset the
// connections of the address and bind its sockets to the new one. But the alias still has it: only when that is
// removed, and there is no new address, is the address given up.
static bool stays(const ip_addr_t *old_address, const ip_addr_t *new_address) {
    return new_address != NULL && IP_IS_V4(old_address) && alias_with(ip_2_ip4(old_address)) != NULL;
}

#define WRAP_IP_ADDR_CHANGED(protocol) \
    void __real_##protocol##_netif_ip_addr_changed(const ip_addr_t * old_address, const ip_addr_t * new_address); \
    void __wrap_##protocol##_netif_ip_addr_changed(const ip_addr_t * old_address, const ip_addr_t * new_address); \
    void __wrap_##protocol##_netif_ip_addr_changed(const ip_addr_t * old_address, const ip_addr_t * new_address) { \
        if (!stays(old_address, new_address)) { \
            __real_##protocol##_netif_ip_addr_changed(old_address, new_address); \
        } \
    }

WRAP_IP_ADDR_CHANGED(tcp)
WRAP_IP_ADDR_CHANGED(udp)
WRAP_IP_ADDR_CHANGED(raw)

/******************************************************************************/
// Its life

static err_t init(struct netif *netif) {
    netif->name[0] = 'l';
    netif->name[1] = 'l';
    netif->output = alias_output;
    netif->linkoutput = alias_linkoutput;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

// The MAC may change while the link is down.
static void copy_from_main(autoip_alias_t *alias) {
    struct netif *netif = &alias->netif;
    const struct netif *main = alias->main;
    netif->mtu = main->mtu;
    MEMCPY(netif->hwaddr, main->hwaddr, sizeof(netif->hwaddr));
    NETIF_SET_CHECKSUM_CTRL(netif, main->chksum_flags); // the Ethernet of stm32 and mimxrt inserts them
}

// lwIP puts a new interface first, and looks for a route in that order: what main reaches is not to wait for the alias.
static void move_to_end(struct netif *netif) {
    struct netif **end = &netif_list;
    netif_list = netif->next;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = netif;
    netif->next = NULL;
}

// netif->state stays NULL: esp_netif takes what is there for an object of its own. netif->input is never called.
static void add(autoip_alias_t *alias, const ip4_addr_t *address) {
    ip4_addr_t mask;
    ip4_addr_set_u32(&mask, PREFIX_MASK);
    alias->next = aliases;
    aliases = alias;
    netif_add(&alias->netif, address, &mask, IP4_ADDR_ANY4, NULL, init, NULL);
    move_to_end(&alias->netif);
    see_routes();
}

void autoip_alias_init(autoip_alias_t *alias, struct netif *main) {
    alias->main = main;
    alias->prefix = 16;
    autoip_owner_note_former_lease(main, &alias->lease);
    MEMCPY(alias->netif.hwaddr, main->hwaddr, sizeof(main->hwaddr));
}

void autoip_alias_set(autoip_alias_t *alias, const ip4_addr_t *address) {
    if (!ip4_addr_eq(netif_ip4_addr(&alias->netif), address)) {
        autoip_alias_unset(alias);
        add(alias, address);
    }
    copy_from_main(alias);
    netif_set_up(&alias->netif);
    autoip_alias_show(alias);
}

void autoip_alias_set_prefix(autoip_alias_t *alias, uint8_t prefix) {
    alias->prefix = prefix;
    see_routes();
}

void autoip_alias_suspend(autoip_alias_t *alias) {
    if (autoip_alias_is_set(alias)) {
        hide(alias);
        netif_set_down(&alias->netif); // and its ARP entries go
    }
}

static void drop_from_list(autoip_alias_t *alias) {
    autoip_alias_t **link = &aliases;
    while (*link != alias) {
        link = &(*link)->next;
    }
    *link = alias->next;
    see_routes();
}

void autoip_alias_unset(autoip_alias_t *alias) {
    if (!autoip_alias_is_set(alias)) {
        return;
    }
    hide(alias);
    forget_askers_of(&alias->netif);
    forget_askers_of(alias->main);
    alias->leaving = true;
    netif_remove(&alias->netif);
    alias->leaving = false;
    drop_from_list(alias);
    ip4_addr_set_zero(ip_2_ip4(&alias->netif.ip_addr));
}
