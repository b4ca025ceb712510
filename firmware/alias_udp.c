// SPDX-License-Identifier: MIT
// A UDP reply leaves from the address that the request was sent to. A server that is bound to 0.0.0.0 leaves the
// choice of the source address to routing, which uses only the destination. So autoip remembers the last requests whose
// replies would leave from another address.

#include <string.h>

#include "lwip/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/udp.h"
#include "lwip/sys.h"
#include "lwip/udp.h"

#include "alias.h"

#define REQUESTS (4)

// The peer's address is stored as two numbers, so that the struct is aligned to two bytes and needs no
// padding.
typedef struct _request_t {
    struct { // as in the packet
        u16_t peer[2];
        u16_t peer_port;
        u16_t local_port;
    } key;
    u8_t addressed; // index of the interface that has the request's destination address; 0: this slot is free
    u8_t at; // the time of the request, from ticks()
} request_t;

static request_t requests[REQUESTS]; // the newest first, and the free slots at the end

// The time in units of 2.048 s.
static u8_t ticks(void) {
    return sys_now() >> 11;
}

static void set_key(request_t *request, const ip4_addr_t *peer, u16_t peer_port, u16_t local_port) {
    memcpy(request->key.peer, peer, sizeof(request->key.peer));
    request->key.peer_port = peer_port;
    request->key.local_port = local_port;
}

// Returns REQUESTS if the request is not remembered.
static size_t find(const request_t *request) {
    size_t i = 0;
    while (i < REQUESTS && (!requests[i].addressed || memcmp(&requests[i].key, &request->key, sizeof(request->key)) != 0)) {
        ++i;
    }
    return i;
}

void autoip_udp_forget(uint32_t age) {
    u8_t now = ticks();
    for (size_t i = 0; i < REQUESTS; ++i) {
        if ((u8_t)(now - requests[i].at) >= age) {
            // The requests after it are older. So this loop frees them, too, and the free slots stay at the end.
            requests[i].addressed = 0;
        }
    }
}

/******************************************************************************/
// Requests

// Would an unbound socket reply from another address? The address of a peer that is not on the link may be forged, so a
// reply to such a peer takes the usual route.
static bool is_worth_remembering(const ip4_addr_t *peer, const struct netif *main, struct netif *addressed) {
    const struct netif *route = ip4_route_src(IP4_ADDR_ANY4, peer);
    if (route != NULL && ip4_addr_eq(netif_ip4_addr(route), netif_ip4_addr(addressed))) {
        return false;
    }
    bool link_local = ip4_addr_islinklocal(peer);
    if (!autoip_is_alias(addressed)) {
        return link_local && addressed == main;
    }
    bool is_neighbour = route == main && ip4_addr_net_eq(peer, netif_ip4_addr(main), netif_ip4_netmask(main));
    return link_local || is_neighbour || autoip_find_mac(addressed, peer) != NULL;
}

static void note(const ip4_addr_t *peer, const struct udp_hdr *header, struct netif *main, struct netif *addressed) {
    request_t request = { .addressed = netif_get_index(addressed), .at = ticks() };
    set_key(&request, peer, header->src, header->dest);
    size_t i = find(&request);
    if (is_worth_remembering(peer, main, addressed)) {
        memmove(&requests[1], &requests[0], LWIP_MIN(i, REQUESTS - 1) * sizeof(request_t));
        requests[0] = request;
    } else if (i < REQUESTS) {
        memmove(&requests[i], &requests[i + 1], (REQUESTS - 1 - i) * sizeof(request_t));
        requests[REQUESTS - 1].addressed = 0;
    }
}

static bool is_open(u16_t port) {
    const struct udp_pcb *pcb = udp_pcbs;
    while (pcb != NULL && pcb->local_port != port) {
        pcb = pcb->next;
    }
    return pcb != NULL;
}

bool autoip_udp_input(const struct pbuf *p, struct netif *main, struct netif *addressed) {
    const struct ip_hdr *ip = p->payload;
    u16_t length = IPH_HL_BYTES(ip);
    // Only the first fragment has a UDP header.
    if (IPH_PROTO(ip) != IP_PROTO_UDP || (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK)) || p->len < length + UDP_HLEN) {
        return true;
    }
    const struct udp_hdr *header = (const struct udp_hdr *)((const u8_t *)ip + length);
    ip4_addr_t peer;
    ip4_addr_copy(peer, ip->src);
    note(&peer, header, main, addressed);
    return is_open(lwip_ntohs(header->dest));
}

/******************************************************************************/
// Replies

err_t __real_udp_sendto(struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *destination, u16_t port);
err_t __wrap_udp_sendto(struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *destination, u16_t port);
err_t __wrap_udp_send(struct udp_pcb *pcb, struct pbuf *p);

// Sends a packet. If the packet is a reply, sends it as if the socket were bound to the request's destination
// address.
static __attribute__((noinline)) err_t reply(struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *destination, u16_t port) {
    request_t request;
    set_key(&request, ip_2_ip4(destination), lwip_htons(port), lwip_htons(pcb->local_port));
    size_t i = find(&request);
    const struct netif *addressed = i < REQUESTS ? netif_get_by_index(requests[i].addressed) : NULL;
    bool bound = pcb->netif_idx != NETIF_NO_INDEX || !ip4_addr_isany(ip_2_ip4(&pcb->local_ip));
    if (addressed == NULL || bound || !IP_IS_V4_VAL(pcb->local_ip)) {
        return __real_udp_sendto(pcb, p, destination, port);
    }
    ip4_addr_copy(*ip_2_ip4(&pcb->local_ip), *netif_ip4_addr(addressed));
    err_t error = __real_udp_sendto(pcb, p, destination, port);
    ip4_addr_set_zero(ip_2_ip4(&pcb->local_ip));
    return error;
}

// Replaces lwIP's udp_sendto().
err_t __wrap_udp_sendto(struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *destination, u16_t port) {
    if (requests[0].addressed) {
        return reply(pcb, p, destination, port);
    }
    return __real_udp_sendto(pcb, p, destination, port);
}

// Replaces lwIP's udp_send(). Both functions are in the same file, so the linker can't redirect udp_send()'s call to
// udp_sendto().
err_t __wrap_udp_send(struct udp_pcb *pcb, struct pbuf *p) {
    return IP_IS_ANY_TYPE_VAL(pcb->remote_ip) ? ERR_VAL : __wrap_udp_sendto(pcb, p, &pcb->remote_ip, pcb->remote_port);
}
