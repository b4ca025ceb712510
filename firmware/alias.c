// The lwIP part, the address. lwIP holds one IPv4 address an interface; the link-local one is the
// address of a second interface on the same wire, the alias. It lives beside whatever address the
// driver's interface has, and while that has none it mirrors the link-local one: then isconnected(),
// ifconfig(), broadcast, multicast and mDNS work as users expect.

#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ip.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/iana.h"
#include "lwip/prot/udp.h"
#include "netif/ethernet.h"

#include "autoip.h"

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

bool autoip_alias_is_mirrored(const autoip_link_t *link) {
    return link->assigned >= 0 && ip4_addr_eq(netif_ip4_addr(link->netif), netif_ip4_addr(&link->alias));
}

static bool wants_mirror(const autoip_link_t *link) {
    return link->assigned >= 0 && link->hooked && ip4_addr_isany(netif_ip4_addr(link->netif));
}

static void save_fields(autoip_link_t *link) {
    link->netmask = *netif_ip4_netmask(link->netif);
    link->gw = *netif_ip4_gw(link->netif);
}

static void write_fields(struct netif *netif, const ip4_addr_t *address, const ip4_addr_t *netmask, const ip4_addr_t *gw) {
    ip4_addr_copy(*ip_2_ip4(&netif->ip_addr), *address);
    ip4_addr_copy(*ip_2_ip4(&netif->netmask), *netmask);
    ip4_addr_copy(*ip_2_ip4(&netif->gw), *gw);
}

// Have the interface show the link-local address if it has none of its own.
void autoip_alias_mirror(autoip_link_t *link) {
    if (wants_mirror(link)) {
        save_fields(link);
        ip4_addr_t mask = prefix_mask();
        netif_set_addr(link->netif, netif_ip4_addr(&link->alias), &mask, IP4_ADDR_ANY4);
    }
}

/******************************************************************************/
// Frames in

static bool is_dhcp_reply(const struct pbuf *p) {
    const struct ip_hdr *ip = (const void *)((const uint8_t *)p->payload + SIZEOF_ETH_HDR);
    if (IPH_PROTO(ip) != IP_PROTO_UDP || p->len < SIZEOF_ETH_HDR + IPH_HL_BYTES(ip) + UDP_HLEN) {
        return false;
    }
    const struct udp_hdr *udp = (const void *)((const uint8_t *)ip + IPH_HL_BYTES(ip));
    return udp->dest == PP_HTONS(LWIP_IANA_PORT_DHCP_CLIENT);
}

// lwIP resets the TCP connections of an address that is replaced. A lease may only be bound while the
// interface has no address, so the mirror steps aside, unseen by lwIP; without a lease it comes back.
static err_t input_without_mirror(autoip_link_t *link, struct pbuf *p) {
    write_fields(link->netif, IP4_ADDR_ANY4, &link->netmask, &link->gw);
    err_t result = link->input(p, link->netif);
    if (wants_mirror(link)) {
        save_fields(link);
        ip4_addr_t mask = prefix_mask();
        write_fields(link->netif, netif_ip4_addr(&link->alias), &mask, IP4_ADDR_ANY4);
    }
    return result;
}

// An ARP or IPv4 frame came in while the address is held.
err_t autoip_alias_input(autoip_link_t *link, struct pbuf *p) {
    const uint8_t *frame = p->payload;
    if (((const struct eth_hdr *)frame)->type == PP_HTONS(ETHTYPE_ARP)) {
        if (p->len >= AUTOIP_FRAME && autoip_is_host(frame + AUTOIP_FRAME_TPA, link->assigned)) {
            return ethernet_input(p, &link->alias);
        }
        // Each interface has ARP entries of its own: announcements of other hosts concern both.
        struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_POOL, p);
        if (copy != NULL) {
            ethernet_input(copy, &link->alias);
        }
        return link->input(p, link->netif);
    }
    if (p->len < SIZEOF_ETH_HDR + IP_HLEN) {
        return link->input(p, link->netif);
    }
    const uint8_t *destination = (const uint8_t *)&((const struct ip_hdr *)(frame + SIZEOF_ETH_HDR))->dest;
    if (autoip_is_host(destination, link->assigned) || autoip_is_host(destination, ALL_HOSTS)) {
        return ethernet_input(p, &link->alias);
    }
    if (autoip_is_link_local(destination) && memcmp(destination, netif_ip4_addr(link->netif), 4) != 0) {
        // lwIP takes in what is for any of its interfaces; a link-local address is known on its own
        // link only (RFC 3927 3.2).
        pbuf_free(p);
        return ERR_OK;
    }
    if (autoip_alias_is_mirrored(link) && is_dhcp_reply(p)) {
        return input_without_mirror(link, p);
    }
    return link->input(p, link->netif);
}

/******************************************************************************/
// Packets out

// The alias by which a packet has to go, NULL if by none. RFC 3927 2.6.2 and 2.7: what has a
// link-local source goes to its destination directly, wherever that is, and to no router.
struct netif *autoip_alias_for(const struct pbuf *p, const ip4_addr_t *destination, struct netif *netif) {
    const struct ip_hdr *header = p->payload;
    if (!autoip_is_link_local((const uint8_t *)&header->src)
        || ip4_addr_isbroadcast(destination, netif) || ip4_addr_ismulticast(destination)) {
        return NULL;
    }
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        if (autoip_links[i].netif != NULL && ip4_addr_eq(netif_ip4_addr(&autoip_links[i].alias), &header->src)) {
            return &autoip_links[i].alias;
        }
    }
    return netif;
}

static err_t alias_output(struct netif *alias, struct pbuf *p, const ip4_addr_t *destination) {
    struct netif *by = autoip_alias_for(p, destination, alias);
    return by == NULL ? etharp_output(alias, p, destination) : etharp_query(by, destination, p);
}

static err_t alias_linkoutput(struct netif *alias, struct pbuf *p) {
    return autoip_link_output(alias->state, p);
}

/******************************************************************************/
// Its life

static err_t alias_init(struct netif *alias) {
    const autoip_link_t *link = alias->state;
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
    if (!link->hooked) {
        return;
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
    netif_add(&link->alias, &address, &mask, IP4_ADDR_ANY4, link, alias_init, ethernet_input);
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
    if (mirrored) {
        netif_set_addr(link->netif, IP4_ADDR_ANY4, &link->netmask, &link->gw);
    }
    netif_remove(&link->alias);
    ip4_addr_set_zero(ip_2_ip4(&link->alias.ip_addr));
}

static void release_in_lwip(void *arg) {
    autoip_alias_release(arg);
}

void autoip_link_release(autoip_link_t *link) {
    autoip_port_run(release_in_lwip, link);
}
