// SPDX-License-Identifier: MIT
// A second IPv4 address for an lwIP interface, see alias.h. The linker replaces functions of lwIP with the __wrap_
// functions below, which call the originals as __real_: see micropython.mk and micropython.cmake.

#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/ip4.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"

#include "alias.h"
#include "alias_route.h"

// The functions of lwIP that are wrapped.
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

autoip_alias_t *autoip_aliases;

/******************************************************************************/
// Finding things

autoip_alias_t *autoip_alias_with(ip4_addr_t address) {
    autoip_alias_t *alias = autoip_aliases;
    while (alias != NULL && !ip4_addr_eq(netif_ip4_addr(&alias->netif), &address)) {
        alias = autoip_alias_next(alias);
    }
    return alias;
}

struct eth_addr *autoip_find_mac(struct netif *netif, const ip4_addr_t *address) {
    struct eth_addr *mac;
    const ip4_addr_t *entry;
    return etharp_find_addr(netif, address, &mac, &entry) < 0 ? NULL : mac;
}

/******************************************************************************/
// Showing the address on main, see autoip_alias_show()

autoip_owner_t autoip_alias_owner(const autoip_alias_t *alias) {
    const ip4_addr_t *shown = alias->shows ? netif_ip4_addr(&alias->netif) : IP4_ADDR_ANY4;
    return autoip_owner(alias->main, shown, &alias->lease);
}

static void set_main(autoip_alias_t *alias, const ip4_addr_t *address, const ip4_addr_t *netmask) {
    struct netif *main = alias->main;
    // lwIP announces an address when it is set, but only on interfaces with ARP. autoip sends its own
    // announcements, and RFC 3927 2.4 and 2.5 limit their number. So clear the flag for ARP while lwIP sets the
    // address. __wrap_acd_netif_ip_addr_changed() checks this flag, too.
    u8_t flags = main->flags;
    main->flags &= ~NETIF_FLAG_ETHARP;
    netif_set_addr(main, address, netmask, netif_ip4_gw(main));
    main->flags |= flags & NETIF_FLAG_ETHARP;
}

#if LWIP_ACD
void __real_acd_netif_ip_addr_changed(struct netif *netif, const ip_addr_t *old_address, const ip_addr_t *new_address);
void __wrap_acd_netif_ip_addr_changed(struct netif *netif, const ip_addr_t *old_address, const ip_addr_t *new_address);

// DHCP checks with ARP whether an offered address is in use. IDF ends the check when any address of the interface
// changes, and then DHCP waits forever. The address that set_main() sets or removes doesn't matter to the check.
// set_main() clears NETIF_FLAG_ETHARP, so this wrapper doesn't call IDF's function during set_main().
void __wrap_acd_netif_ip_addr_changed(struct netif *netif, const ip_addr_t *old_address, const ip_addr_t *new_address) {
    if (netif->flags & NETIF_FLAG_ETHARP) {
        __real_acd_netif_ip_addr_changed(netif, old_address, new_address);
    }
}
#endif

static void hide(autoip_alias_t *alias) {
    if (autoip_alias_owner(alias) == AUTOIP_OWNER_AUTOIP) {
        set_main(alias, IP4_ADDR_ANY4, &alias->netmask);
    }
    alias->shows = false;
}

/******************************************************************************/
// Packets in

// A function that handles every packet has only one condition, and leaves the rest to a STEP, which gcc must
// not inline. gcc compiles a function of this form to the fewest instructions.
#define STEP static __attribute__((noinline)) err_t

static autoip_alias_t *alias_on(const struct netif *main) {
    autoip_alias_t *alias = autoip_aliases;
    while (alias != NULL && alias->main != main) {
        alias = autoip_alias_next(alias);
    }
    return alias;
}

// Receives a packet while there are several addresses. lwIP itself finds the interface that has the
// destination address. So this passes `netif`, the interface that received the packet, to lwIP, even if the
// packet is for the alias. For two kinds of packets it passes the alias instead. The first kind is packets for
// 169.254.255.255, because this is not a broadcast address with main's netmask. The second kind is packets for
// a closed UDP port of the alias's address, because lwIP sends Port Unreachable only if the destination is the
// address of the interface that is passed to lwIP.
STEP input_with_several(struct pbuf *p, struct netif *netif) {
    const struct ip_hdr *header = p->payload;
    ip4_addr_t destination;
    ip4_addr_copy(destination, header->dest);
    struct netif *addressed = netif;
    autoip_alias_t *here = alias_on(netif);
    if (!ip4_addr_eq(&destination, netif_ip4_addr(netif))) {
        const autoip_alias_t *alias = autoip_alias_with(destination);
        // lwIP accepts a packet for the address of any interface. Drop packets for a link-local address on
        // another link (RFC 3927 3.2), and packets with the invalid source 169.254.255.255.
        if ((alias != NULL && alias != here) || header->src.addr == PREFIX_BROADCAST) {
            pbuf_free(p);
            return ERR_OK;
        }
        if (here == NULL || !autoip_alias_is_used(here)) {
            return __real_ip4_input(p, netif);
        }
        // The packet is for the alias if it has the alias's address, or if it is a broadcast and the alias is the route to
        // the peer.
        if (alias != NULL || (here->prefix == 16 && ip4_addr_islinklocal(&header->src))) {
            addressed = &here->netif;
        }
    }
    bool open = autoip_udp_input(p, netif, addressed);
    if (ip4_addr_get_u32(&destination) == PREFIX_BROADCAST) {
        netif = &here->netif;
    }
    return __real_ip4_input(p, open ? netif : addressed);
}

STEP input(struct pbuf *p, struct netif *netif) {
    const autoip_alias_t *alias = autoip_aliases;
    bool alone = alias == NULL || (alias->netif.next == NULL && ip4_addr_eq(netif_ip4_addr(netif), netif_ip4_addr(&alias->netif)));
    return alone ? __real_ip4_input(p, netif) : input_with_several(p, netif);
}

// Replaces lwIP's ip4_input() for all interfaces. With one alias, whose address main shows, lwIP needs no help.
err_t __wrap_ip4_input(struct pbuf *p, struct netif *netif) {
    return p->len < IP_HLEN ? __real_ip4_input(p, netif) : input(p, netif);
}

/******************************************************************************/
// ARP packets in

#if LWIP_DHCP_DOES_ACD_CHECK || DHCP_DOES_ARP_CHECK
// To check an offered address, IDF's DHCP client sends an ARP Request from the address that main shows. The Reply belongs
// to main.
static bool is_for_dhcp(const struct netif *main, const ip4_addr_t *sender) {
    const struct dhcp *dhcp = netif_dhcp_data(main);
    return dhcp != NULL && dhcp->state == DHCP_STATE_CHECKING && ip4_addr_eq(sender, &dhcp->offered_ip_addr);
}
#else
#define is_for_dhcp(main, sender) false
#endif

bool autoip_is_arp_of_ipv4(const struct etharp_hdr *packet) {
    static const u8_t start[] = { 0, 1, 8, 0, ETH_HWADDR_LEN, sizeof(ip4_addr_t) };
    return memcmp(packet, start, sizeof(start)) == 0;
}

// lwIP updates the sender's entry only for the interface that processes the packet. According to RFC 826, a host
// updates an existing entry of the sender before it checks the target.
static void update_entry(struct netif *netif, const ip4_addr_t *sender, const struct etharp_hdr *packet) {
    struct eth_addr *mac = autoip_find_mac(netif, sender);
    if (mac != NULL && autoip_is_arp_of_ipv4(packet)) {
        memcpy(mac, &packet->shwaddr, sizeof(*mac));
    }
}

struct netif *autoip_alias_of_arp(autoip_alias_t *alias, struct pbuf *p) {
    const struct etharp_hdr *packet = p->payload;
    ip4_addr_t sender, target;
    memcpy(&sender, &packet->sipaddr, sizeof(sender));
    memcpy(&target, &packet->dipaddr, sizeof(target));
    if (is_for_dhcp(alias->main, &sender)) {
        return alias->main;
    }
    if (autoip_alias_owner(alias) == AUTOIP_OWNER_AUTOIP) {
        return &alias->netif; // the alias sends all ARP, and main has no entries
    }
    struct netif *netif = &alias->netif, *other = alias->main;
    if (!ip4_addr_eq(&target, netif_ip4_addr(netif))) {
        netif = alias->main;
        other = &alias->netif;
    }
    update_entry(other, &sender, packet);
    return netif;
}

/******************************************************************************/
// Packets out

static err_t alias_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    autoip_alias_t *alias = (autoip_alias_t *)netif;
    // The alias is suspended, or the packet is a reply to a packet with a loopback source.
    if (!autoip_alias_is_used(alias) || ip4_addr_isloopback(destination)) {
        return ERR_RTE;
    }
    if (alias->leaving) {
        // A connection is being reset. Don't call etharp_output(), because it may send an ARP Request to find the
        // peer or to renew the peer's old entry. The board must not send ARP from a lost address (RFC 3927 2.5).
        const struct eth_addr *mac = autoip_find_mac(netif, destination);
        return mac == NULL ? ERR_RTE : ethernet_output(netif, p, (const struct eth_addr *)netif->hwaddr, mac, ETHTYPE_IP);
    }
    // RFC 3927 2.6.2 and 2.7: a packet with a link-local source goes directly to its destination, wherever the destination
    // is. So make the destination its own router.
    ip4_addr_copy(*ip_2_ip4(&netif->gw), *destination);
    return __real_etharp_output(netif, p, destination);
}

STEP output_link_local(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    ip4_addr_t source;
    ip4_addr_copy(source, ((const struct ip_hdr *)p->payload)->src);
    autoip_alias_t *alias = autoip_alias_with(source);
    if (alias != NULL) {
        return alias_output(&alias->netif, p, destination);
    }
    if (ip4_addr_get_u32(destination) == PREFIX_BROADCAST) {
        return ethernet_output(netif, p, (const struct eth_addr *)netif->hwaddr, &ethbroadcast, ETHTYPE_IP);
    }
    return __real_etharp_output(netif, p, destination);
}

STEP output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    bool link_local = autoip_may_be_link_local(destination);
    return link_local ? output_link_local(netif, p, destination) : __real_etharp_output(netif, p, destination);
}

// Replaces lwIP's etharp_output(), which sends the IPv4 packets of all interfaces with ARP. A packet from the alias's
// address may arrive here via main, for example a ping reply. 169.254.255.255 is a broadcast, whatever the prefix of main
// is (RFC 3927 2.6.2).
err_t __wrap_etharp_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination) {
    bool link_local = autoip_may_be_link_local(&((const struct ip_hdr *)p->payload)->src);
    return link_local ? output_link_local(netif, p, destination) : output(netif, p, destination);
}

// Sends the frames of the alias, which is `netif`.
static err_t alias_linkoutput(struct netif *netif, struct pbuf *p) {
    struct netif *main = ((autoip_alias_t *)netif)->main;
    struct eth_hdr *header = p->payload;
    if (header->type == PP_HTONS(ETHTYPE_ARP)) {
        const struct etharp_hdr *packet = (const struct etharp_hdr *)(header + 1);
        if (memcmp(&packet->sipaddr, &packet->dipaddr, sizeof(packet->sipaddr)) == 0) {
            // If the sender and the target are the same address, lwIP announces the address or resolves its own
            // address. Drop the packet, see set_main().
            return ERR_OK;
        }
        // RFC 3927 2.5: all ARP packets with a link-local sender are broadcast, including Replies.
        memset(&header->dest, 0xff, sizeof(header->dest));
    }
    return main->linkoutput(main, p);
}

bool autoip_is_alias(const struct netif *netif) {
    return netif->linkoutput == alias_linkoutput;
}

/******************************************************************************/
// Multicast groups belong to main, because the alias has no IGMP. If a socket names the alias's address when it joins or
// leaves a group, main's address replaces it.

static const ip4_addr_t *address_with_groups(const ip4_addr_t *address) {
    const autoip_alias_t *alias = autoip_alias_with(*address);
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

// When main no longer shows the address, because a lease replaces the address or the link is lost, lwIP would
// reset the connections of the old address and bind the other sockets to the new address. But the alias still
// has the old address. The old address is gone only when the alias is removed. Then new_address is NULL.
static bool stays(const ip_addr_t *old_address, const ip_addr_t *new_address) {
    return new_address != NULL && IP_IS_V4(old_address) && autoip_alias_with(*ip_2_ip4(old_address)) != NULL;
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

static bool is_bound_to(const ip_addr_t *local, const ip4_addr_t *address) {
    return IP_IS_V4(local) && ip4_addr_eq(ip_2_ip4(local), address);
}

// Call this when an address to which sockets are bound has been removed. It binds the sockets to another
// address, as lwIP does when the address of an interface changes. It moves listening sockets without lwIP's
// function, which would also reset connections.
static void move_sockets(autoip_alias_t *alias, const ip4_addr_t *address) {
    ip_addr_t from, to;
    ip_addr_copy_from_ip4(from, *netif_ip4_addr(&alias->netif));
    ip_addr_copy_from_ip4(to, *address);
    ip4_addr_copy(*ip_2_ip4(&alias->netif.ip_addr), *address);
    if (ip4_addr_isany_val(*ip_2_ip4(&from))) {
        return; // there was no address before
    }
    for (struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL; pcb = pcb->next) {
        if (is_bound_to(&pcb->local_ip, ip_2_ip4(&from))) {
            ip4_addr_copy(*ip_2_ip4(&pcb->local_ip), *address);
        }
    }
    __real_udp_netif_ip_addr_changed(&from, &to);
    __real_raw_netif_ip_addr_changed(&from, &to);
}

/******************************************************************************/
// Setting, suspending and removing the address

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
    NETIF_SET_CHECKSUM_CTRL(netif, main->chksum_flags); // the Ethernet of stm32 and mimxrt inserts checksums
}

// lwIP adds new interfaces at the head of its list and searches routes in that order. Move the alias to the end, so that
// main is found first.
static void move_to_end(struct netif *netif) {
    struct netif **end = &netif_list;
    netif_list = netif->next;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = netif;
    netif->next = NULL;
}

// netif->state stays NULL, because esp_netif would use any other value as a pointer to its own object.
// netif->input is never called.
static void add(autoip_alias_t *alias, const ip4_addr_t *address) {
    ip4_addr_t mask;
    ip4_addr_set_u32(&mask, PREFIX_MASK);
    move_sockets(alias, address);
    netif_add(&alias->netif, address, &mask, IP4_ADDR_ANY4, NULL, init, NULL);
    move_to_end(&alias->netif);
    alias->is_set = true;
    if (autoip_aliases == NULL) {
        autoip_aliases = alias;
    }
}

// Doesn't show the address while DHCP holds or is confirming a lease, because DHCP would mistake the address for the
// lease, and would release the address or send it in DHCP messages.
void autoip_alias_show(autoip_alias_t *alias) {
    autoip_udp_forget(AUTOIP_REPLY_AGE * 1000 / 2048);
    autoip_owner_t owner = autoip_alias_owner(alias);
    alias->shows = owner == AUTOIP_OWNER_AUTOIP;
    if (autoip_alias_is_used(alias) && owner == AUTOIP_OWNER_NONE) {
        alias->netmask = *netif_ip4_netmask(alias->main);
        alias->shows = true;
        etharp_cleanup_netif(alias->main); // the alias sends all ARP from now on, and nothing would update the entries
        set_main(alias, netif_ip4_addr(&alias->netif), netif_ip4_netmask(&alias->netif));
    } else if (!alias->is_set && alias->prefix == 0 && owner == AUTOIP_OWNER_ROUTABLE) {
        move_sockets(alias, netif_ip4_addr(alias->main));
    }
}

void autoip_alias_init(autoip_alias_t *alias, struct netif *main) {
    alias->main = main;
    alias->prefix = 16;
    autoip_owner_note_former_lease(main, &alias->lease);
    MEMCPY(alias->netif.hwaddr, main->hwaddr, sizeof(main->hwaddr));
}

void autoip_alias_set(autoip_alias_t *alias, const ip4_addr_t *address) {
    if (!alias->is_set || !ip4_addr_eq(netif_ip4_addr(&alias->netif), address)) {
        autoip_alias_unset(alias);
        add(alias, address);
    }
    copy_from_main(alias);
    netif_set_up(&alias->netif);
    autoip_alias_show(alias);
}

void autoip_alias_suspend(autoip_alias_t *alias) {
    if (alias->is_set) {
        hide(alias);
        netif_set_down(&alias->netif); // lwIP removes its ARP entries as well
        // With MTU 0, lwIP passes a large packet to alias_output() whole, and the program gets ERR_RTE. If lwIP split
        // the packet, it would ignore the error of each fragment.
        alias->netif.mtu = 0;
    }
}

void autoip_alias_unset(autoip_alias_t *alias) {
    if (!alias->is_set) {
        return;
    }
    hide(alias);
    autoip_udp_forget(0);
    alias->leaving = true;
    netif_remove(&alias->netif);
    alias->leaving = false;
    alias->is_set = false;
    if (autoip_aliases == alias) {
        autoip_aliases = autoip_alias_next(alias);
    }
    autoip_alias_show(alias);
}
