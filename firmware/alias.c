// The lwIP part, the address. lwIP holds one IPv4 address an interface; the link-local one is the
// address of a second interface on the same wire, the alias. It lives beside whatever address the
// driver's interface has, and while that has none it mirrors the link-local one: then isconnected(),
// ifconfig(), broadcast, multicast and mDNS work as users expect.

#include <stddef.h>
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ip.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "netif/ethernet.h"

#include "autoip.h"
#include "autoip_route.h"

#define ALL_HOSTS (0xffff) // host part of 169.254.255.255, the prefix's broadcast (RFC 3927 2.6.2)

static ip4_addr_t link_local(int32_t host) {
    ip4_addr_t address;
    IP4_ADDR(&address, 169, 254, host >> 8, host & 0xff);
    return address;
}

static ip4_addr_t prefix_mask(void) {
    ip4_addr_t mask;
    IP4_ADDR(&mask, 255, 255, 0, 0);
    return mask;
}

/******************************************************************************/
// The mirror

// The same address may also be a static one, or a lease.
bool autoip_alias_is_mirrored(const autoip_link_t *link) {
    return link->mirrors && ip4_addr_eq(netif_ip4_addr(link->netif), netif_ip4_addr(&link->alias))
           && !dhcp_supplied_address(link->netif);
}

// DHCP would release a mirrored address in the place of the lease that it still has, and in these states
// put it into its messages.
static bool is_dhcp_busy(const struct netif *netif) {
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    return dhcp_supplied_address(netif)
           || (dhcp != NULL && (dhcp->state == DHCP_STATE_REBOOTING || dhcp->state == DHCP_STATE_CHECKING));
}

static bool wants_mirror(const autoip_link_t *link) {
    return link->assigned >= 0 && link->hooked && ip4_addr_isany(netif_ip4_addr(link->netif))
           && !is_dhcp_busy(link->netif);
}

// Have the interface show the link-local address if it has none of its own.
void autoip_alias_mirror(autoip_link_t *link) {
    if (wants_mirror(link)) {
        link->netmask = *netif_ip4_netmask(link->netif);
        link->mirrors = true;
        ip4_addr_t mask = prefix_mask();
        netif_set_addr(link->netif, netif_ip4_addr(&link->alias), &mask, netif_ip4_gw(link->netif));
    }
}

/******************************************************************************/
// Frames in

// Not by alias->state: esp_netif takes what is there for an object of its own.
static autoip_link_t *link_of(struct netif *alias) {
    return (autoip_link_t *)((char *)alias - offsetof(autoip_link_t, alias));
}

static struct netif *alias_with(const ip4_addr_t *address) {
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        if (ip4_addr_eq(netif_ip4_addr(&autoip_links[i].alias), address)) {
            return &autoip_links[i].alias;
        }
    }
    return NULL;
}

static bool is_known(struct netif *netif, const ip4_addr_t *address) {
    struct eth_addr *mac;
    const ip4_addr_t *known;
    return etharp_find_addr(netif, address, &mac, &known) >= 0;
}

// Each interface has ARP entries of its own: announcements of other hosts may concern both.
static void update_entries(autoip_link_t *link, struct pbuf *p, const uint8_t *frame) {
    ip4_addr_t sender;
    memcpy(&sender, frame + AUTOIP_FRAME_SPA, sizeof(sender));
    struct pbuf *copy;
    if (is_known(&link->alias, &sender) && (copy = pbuf_clone(PBUF_RAW, PBUF_POOL, p)) != NULL) {
        __real_etharp_input(copy, &link->alias);
    }
}

// IDF's DHCP client asks who has the address that it is offered with the one that the interface
// mirrors: the answer is for the interface.
static bool is_for_dhcp(const uint8_t *frame, const struct netif *netif) {
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    return dhcp != NULL && dhcp->state == DHCP_STATE_CHECKING
           && memcmp(frame + AUTOIP_FRAME_SPA, &dhcp->offered_ip_addr, 4) == 0;
}

// An ARP packet that was not kept from lwIP; returns the interface that it is for.
struct netif *autoip_alias_arp_input(autoip_link_t *link, struct pbuf *p, const uint8_t *frame) {
    if (link->assigned < 0 || is_for_dhcp(frame, link->netif)) {
        return link->netif;
    }
    if (autoip_is_host(frame + AUTOIP_FRAME_TPA, link->assigned)) {
        return &link->alias;
    }
    update_entries(link, p, frame);
    return link->netif;
}

// With `narrow` the prefix is not the alias's, but its broadcast still is (RFC 3927 2.6.2).
static err_t input_broadcast(struct pbuf *p, autoip_link_t *link) {
    ip4_addr_t narrow = *netif_ip4_netmask(&link->alias);
    ip4_addr_t mask = prefix_mask();
    ip4_addr_copy(*ip_2_ip4(&link->alias.netmask), mask);
    err_t result = __real_ip4_input(p, &link->alias);
    ip4_addr_copy(*ip_2_ip4(&link->alias.netmask), narrow);
    return result;
}

static MP_NOINLINE err_t input_link_local(struct pbuf *p, struct netif *netif) {
    ip4_addr_t destination;
    ip4_addr_copy(destination, ((const struct ip_hdr *)p->payload)->dest);
    struct netif *alias = alias_with(&destination);
    if (alias != NULL && link_of(alias)->netif == netif) {
        return __real_ip4_input(p, alias);
    }
    autoip_link_t *link = autoip_find_link(netif);
    if (link != NULL && link->assigned >= 0 && autoip_is_host((const uint8_t *)&destination, ALL_HOSTS)) {
        return input_broadcast(p, link);
    }
    if (alias != NULL && alias != netif && !ip4_addr_eq(netif_ip4_addr(netif), &destination)) {
        // lwIP takes in what is for any of its interfaces; a link-local address is known on its own link
        // only (RFC 3927 3.2).
        pbuf_free(p);
        return ERR_OK;
    }
    return __real_ip4_input(p, netif);
}

// The linker puts this in the place of lwIP's ip4_input(), for all interfaces.
err_t __wrap_ip4_input(struct pbuf *p, struct netif *netif) {
    if (p->len >= IP_HLEN && autoip_is_link_local((const uint8_t *)&((const struct ip_hdr *)p->payload)->dest)) {
        return input_link_local(p, netif);
    }
    return __real_ip4_input(p, netif);
}

/******************************************************************************/
// Packets out

// Send a packet by an interface or its alias; `output` is what lwIP would do with it. RFC 3927 2.6.2
// and 2.7: what has a link-local source goes to its destination directly, wherever that is, and to no
// router; what is for all hosts of the prefix is broadcast.
err_t autoip_alias_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination, netif_output_fn output) {
    if (autoip_is_host((const uint8_t *)destination, ALL_HOSTS)) {
        return ethernet_output(netif, p, (const struct eth_addr *)netif->hwaddr, &ethbroadcast, ETHTYPE_IP);
    }
    ip4_addr_t source;
    ip4_addr_copy(source, ((const struct ip_hdr *)p->payload)->src);
    if (!autoip_is_link_local((const uint8_t *)&source)
        || ip4_addr_isbroadcast(destination, netif) || ip4_addr_ismulticast(destination)) {
        return output(netif, p, destination);
    }
    struct netif *by = alias_with(&source);
    if (by == NULL && ip4_addr_eq(netif_ip4_addr(netif), &source)) {
        by = netif; // a static address
    }
    // A socket may still be bound to an address that was given up.
    return by == NULL ? ERR_RTE : etharp_query(by, destination, p);
}

static err_t alias_output(struct netif *alias, struct pbuf *p, const ip4_addr_t *destination) {
    return autoip_alias_output(alias, p, destination, etharp_output);
}

static err_t alias_linkoutput(struct netif *alias, struct pbuf *p) {
    return autoip_link_output(link_of(alias), p);
}

/******************************************************************************/
// Routes

static bool is_usable(const struct netif *netif) {
    return autoip_is_up(netif) && !ip4_addr_isany(netif_ip4_addr(netif));
}

// By which interface is a link-local host reached of which one has heard? Whoever asks is answered on the
// link that he asks on, and not by the alias that lwIP takes first (RFC 3927 3.2).
static struct netif *where_known(const ip4_addr_t *destination) {
    for (autoip_link_t *link = autoip_links; link < autoip_links + AUTOIP_LINKS; ++link) {
        if (link->hooked && (is_known(&link->alias, destination) || is_known(link->netif, destination))) {
            bool wide = link->assigned >= 0 && ip4_addr_net_eq(destination, netif_ip4_addr(&link->alias), netif_ip4_netmask(&link->alias));
            struct netif *netif = wide ? &link->alias : link->netif;
            return is_usable(netif) ? netif : NULL;
        }
    }
    return NULL;
}

// lwIP routes by destination alone, but asks here first. What the user bound to one of two addresses
// leaves by the interface of that address.
struct netif *autoip_route(const ip4_addr_t *source, const ip4_addr_t *destination) {
    bool to_link_local = autoip_is_link_local((const uint8_t *)destination);
    if (source == NULL || ip4_addr_isany_val(*source)) {
        return to_link_local ? where_known(destination) : NULL;
    }
    struct netif *alias = alias_with(source);
    if (alias != NULL || !to_link_local) {
        return alias;
    }
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        const autoip_link_t *link = &autoip_links[i];
        if (link->netif != NULL && ip4_addr_eq(netif_ip4_addr(link->netif), source)) {
            return link->netif;
        }
    }
    return NULL;
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
    return found != NULL && autoip_is_up(found) ? found : NULL;
}
#endif

/******************************************************************************/
// Connections

// A lease, or nothing, takes the place of a mirrored address. lwIP would then reset the connections of
// the link-local address, and bind its sockets to the new one; but it lives on in the alias, and is only
// given up when that is removed: then there is no new address. The linker puts these in lwIP's place.

static bool lives_on(const ip_addr_t *old_address, const ip_addr_t *new_address) {
    return new_address != NULL && IP_IS_V4(old_address) && alias_with(ip_2_ip4(old_address)) != NULL;
}

#define KEEP(protocol) \
    void __real_##protocol##_netif_ip_addr_changed(const ip_addr_t * old_address, const ip_addr_t * new_address); \
    void __wrap_##protocol##_netif_ip_addr_changed(const ip_addr_t * old_address, const ip_addr_t * new_address); \
    void __wrap_##protocol##_netif_ip_addr_changed(const ip_addr_t * old_address, const ip_addr_t * new_address) { \
        if (!lives_on(old_address, new_address)) { \
            __real_##protocol##_netif_ip_addr_changed(old_address, new_address); \
        } \
    }

KEEP(tcp)
KEEP(udp)
KEEP(raw)

/******************************************************************************/
// Its life

static err_t alias_init(struct netif *alias) {
    const autoip_link_t *link = link_of(alias);
    alias->name[0] = 'l';
    alias->name[1] = 'l';
    alias->output = alias_output;
    alias->linkoutput = alias_linkoutput;
    alias->mtu = link->netif->mtu;
    alias->hwaddr_len = link->netif->hwaddr_len;
    MEMCPY(alias->hwaddr, link->netif->hwaddr, sizeof(alias->hwaddr));
    // Without IGMP: multicast is the business of the driver's interface.
    alias->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
    return ERR_OK;
}

typedef struct _assign_t {
    autoip_link_t *link;
    int32_t host;
    bool narrow;
} assign_t;

static void assign_in_lwip(void *arg) {
    assign_t *call = arg;
    autoip_link_t *link = call->link;
    if (!link->hooked || link->went_down) {
        return; // RFC 3927 2.2: it is to be probed anew
    }
    ip4_addr_t mask = prefix_mask();
    if (call->narrow) {
        ip4_addr_set_u32(&mask, IPADDR_BROADCAST);
    }
    if (link->assigned == call->host) {
        netif_set_netmask(&link->alias, &mask);
        return;
    }
    autoip_alias_release(link);
    ip4_addr_t address = link_local(call->host);
    netif_add(&link->alias, &address, &mask, IP4_ADDR_ANY4, NULL, alias_init, __wrap_ip4_input);
    netif_set_link_up(&link->alias);
    netif_set_up(&link->alias);
    link->assigned = call->host;
    autoip_alias_mirror(link);
}

void autoip_link_assign(autoip_link_t *link, int32_t host, bool narrow) {
    assign_t call = { link, host, narrow };
    autoip_port_run(assign_in_lwip, &call);
}

// Take the address off. lwIP resets its TCP connections first, by the alias (RFC 3927 2.5).
void autoip_alias_release(autoip_link_t *link) {
    if (link->assigned < 0) {
        return;
    }
    bool mirrored = autoip_alias_is_mirrored(link);
    link->assigned = -1;
    link->mirrors = false;
    if (mirrored) {
        netif_set_addr(link->netif, IP4_ADDR_ANY4, &link->netmask, netif_ip4_gw(link->netif));
    }
    netif_remove(&link->alias);
    ip4_addr_set_zero(ip_2_ip4(&link->alias.ip_addr));
}

static void release_in_lwip(void *arg) {
    autoip_alias_release(arg);
}

void autoip_link_release(autoip_link_t *link) {
    if (link->assigned >= 0) { // a word, and only Python's thread assigns
        autoip_port_run(release_in_lwip, link);
    }
}
