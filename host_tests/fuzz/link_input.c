// SPDX-License-Identifier: MIT
// Fuzzes link.c, alias.c and lwIP with libFuzzer: `make fuzz`.
//
// An input is a sequence of steps. The first byte of a step selects what happens: a frame arrives, time passes, the
// service calls a function of link.c, the interface changes, or a socket sends. The following bytes are the step's
// parameters. Some frames consist of arbitrary bytes, others of fields. For an address or a MAC, a byte selects one
// from a table.
//
// Three things are checked in addition to the sanitizers:
// - link.c queues a frame for Python if and only if the frame is a claim, a probe or an answer for the watched address,
//   or a claim of the interface's own address. If the queue is full, link.c counts such a frame as dropped.
// - While the link-local address is in use, ARP packets from this address are broadcast.
// - While the link-local address is not in use, nothing is sent from it.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sanitizer/asan_interface.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/inet_chksum.h"
#include "lwip/init.h"
#include "lwip/ip4_frag.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/ip4.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"

#include "link.h"

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

#define FRAME_MAX (600)
#define SERVER_PORT (7)

// Two candidates, other addresses in 169.254/16, a lease, its server and its broadcast address, and special addresses.
static const uint8_t addresses[][4] = {
    { 169, 254, 18, 52 }, { 169, 254, 7, 9 }, { 169, 254, 255, 255 }, { 169, 254, 0, 1 },
    { 10, 0, 0, 99 }, { 10, 0, 0, 1 }, { 10, 0, 0, 255 }, { 0, 0, 0, 0 },
    { 255, 255, 255, 255 }, { 127, 0, 0, 1 }, { 224, 0, 0, 251 }, { 8, 8, 8, 8 },
};

static const uint8_t macs[][6] = {
    { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 }, { 255, 255, 255, 255, 255, 255 }, { 0, 0, 0, 0, 0, 0 }, { 1, 0, 0x5e, 0, 0, 0xfb },
};

/******************************************************************************/
// The clock, and the port

static uint32_t now;

u32_t sys_now(void) {
    return now;
}

uint32_t board_random(void) {
    static uint32_t seed;
    return seed = seed * 1103515245 + 12345;
}

uint32_t autoip_port_now(void) {
    return now;
}

bool autoip_port_poll_cable(struct netif *netif) {
    (void)netif;
    return false;
}

bool autoip_port_timer_init(autoip_port_timer_t *timer, uint32_t (*due)(autoip_port_timer_t *timer)) {
    timer->due = due;
    return true;
}

void autoip_port_timer_start(autoip_port_timer_t *timer, uint32_t ms) {
    timer->at = now + ms;
    timer->runs = true;
}

void autoip_port_timer_stop(autoip_port_timer_t *timer) {
    timer->runs = false;
}

/******************************************************************************/
// The input

static const uint8_t *input;
static size_t input_left;

static uint8_t next_byte(void) {
    if (input_left == 0) {
        return 0;
    }
    --input_left;
    return *input++;
}

static uint16_t next_two(void) {
    uint16_t high = next_byte();
    return high << 8 | next_byte();
}

static size_t take(uint8_t *to, size_t count) {
    count = LWIP_MIN(count, input_left);
    memcpy(to, input, count);
    input += count;
    input_left -= count;
    return count;
}

static const uint8_t *address(void) {
    return addresses[next_byte() % LWIP_ARRAYSIZE(addresses)];
}

static const uint8_t *mac(void) {
    return macs[next_byte() % LWIP_ARRAYSIZE(macs)];
}

// Returns the usual value, and every fourth time a value from the input.
static uint16_t mostly(uint16_t usual) {
    return next_byte() % 4 == 3 ? next_two() : usual;
}

/******************************************************************************/
// The board

static struct netif netif;
static struct dhcp dhcp;
static struct udp_pcb *server;
static struct tcp_pcb *listener;
static autoip_link_t *tested;
static bool announcing; // link.c is sending an announcement

// The interface had a link-local address that was set by hand or by DHCP. lwIP may still send frames from it later, so
// frames from link-local addresses are not checked any more.
static bool had_link_local;

static void note_own_address(void) {
    had_link_local |= ip4_addr_islinklocal(netif_ip4_addr(&netif)) && autoip_alias_owner(&tested->alias) != AUTOIP_OWNER_AUTOIP;
}

static bool is_candidate(const uint8_t *ip) {
    return ip[0] == 169 && memcmp(ip, &tested->watched, 4) == 0 && !had_link_local;
}

static err_t output(struct netif *to, struct pbuf *p) {
    uint8_t frame[64] = { 0 };
    CHECK(to == &netif && p->tot_len >= SIZEOF_ETH_HDR);
    pbuf_copy_partial(p, frame, sizeof(frame), 0);
    if (tested == NULL || announcing) {
        return ERR_OK;
    }
    note_own_address();
    bool is_used = autoip_alias_is_used(&tested->alias);
    if (memcmp(frame + 12, "\x08\x06", 2) == 0 && is_candidate(frame + 28) && is_used) {
        CHECK(memcmp(frame, &ethbroadcast, 6) == 0); // RFC 3927 2.5
    }
    if (!is_used) {
        CHECK(memcmp(frame + 12, "\x08\x06", 2) != 0 || !is_candidate(frame + 28));
        CHECK(memcmp(frame + 12, "\x08\x00", 2) != 0 || !is_candidate(frame + 26));
    }
    return ERR_OK;
}

static err_t init(struct netif *added) {
    added->name[0] = 'e';
    added->name[1] = '0';
    added->output = etharp_output;
    added->linkoutput = output;
    added->mtu = 1500;
    added->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(added->hwaddr, macs[0], ETH_HWADDR_LEN);
    added->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    return ERR_OK;
}

static void echo(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port) {
    (void)arg;
    udp_sendto(pcb, p, from, port);
    pbuf_free(p);
}

static void on_event(autoip_link_t *link) {
    CHECK(link == tested || tested == NULL);
}

static void power_up(void) {
    int error;
    now = 0;
    had_link_local = false;
    netif_add(&netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, NULL, init, ethernet_input);
    netif_set_default(&netif);
    netif_set_link_up(&netif);
    netif_set_up(&netif);
    dhcp_set_struct(&netif, &dhcp);
    server = udp_new();
    udp_bind(server, IP_ANY_TYPE, SERVER_PORT);
    udp_recv(server, echo, NULL);
    listener = tcp_listen(tcp_new());
    tested = autoip_link_open(&netif, on_event, &error);
    CHECK(tested != NULL);
}

static void power_down(void) {
    autoip_link_t *closed = tested;
    autoip_link_close(tested);
    CHECK(!autoip_alias_is_set(&closed->alias));
    tested = NULL;
    udp_remove(server);
    tcp_close(listener);
    while (tcp_active_pcbs != NULL) {
        tcp_abort(tcp_active_pcbs);
    }
    while (tcp_tw_pcbs != NULL) {
        tcp_abort(tcp_tw_pcbs);
    }
    dhcp_stop(&netif);
    netif_remove(&netif);
    memset(&netif, 0, sizeof(netif));
    for (int i = 0; i <= IP_REASS_MAXAGE; ++i) {
        ip_reass_tmr();
    }
}

/******************************************************************************/
// Frames in

// Returns the kind of a frame about the watched address. It reads the frame's bytes without code of link.c.
static autoip_kind_t kind_of(const uint8_t *frame, size_t length) {
    if (tested->watched.addr == IPADDR_NONE || length < 42 || memcmp(frame + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00", 9) != 0 || (frame[21] != 1 && frame[21] != 2)
        || memcmp(frame + 22, netif.hwaddr, 6) == 0) {
        return AUTOIP_NOTHING;
    }
    if (memcmp(frame + 28, &tested->watched, 4) == 0) {
        bool is_answer = frame[21] == 2 && memcmp(frame + 32, netif.hwaddr, 6) == 0 && memcmp(frame + 38, "\0\0\0\0", 4) == 0;
        return is_answer ? AUTOIP_ANSWER : AUTOIP_CLAIM;
    }
    bool is_probe = frame[21] == 1 && memcmp(frame, &ethbroadcast, 6) == 0 && memcmp(frame + 28, "\0\0\0\0", 4) == 0;
    bool matters = memcmp(frame + 38, &tested->watched, 4) == 0 && !autoip_alias_is_used(&tested->alias);
    return is_probe && matters ? AUTOIP_PROBE : AUTOIP_NOTHING;
}

// The buffer has exactly the length of the frame, so that AddressSanitizer reports reads beyond it. lwIP 2.2.1
// reads ARP, IP and UDP headers before it checks the length. So fuzz.mk builds these files of lwIP without
// AddressSanitizer.
static struct pbuf *buffer(const uint8_t *frame, size_t length) {
    struct pbuf *p = pbuf_alloc(PBUF_RAW, length, PBUF_RAM);
    pbuf_take(p, frame, length);
    ASAN_POISON_MEMORY_REGION((uint8_t *)p->payload + length, LWIP_MEM_ALIGN_SIZE(length) - length);
    return p;
}

static void receive(const uint8_t *frame, size_t length) {
    struct pbuf *p = buffer(frame, length);
    autoip_kind_t wanted = kind_of(frame, length);
    int queued = tested->queued, dropped = tested->dropped;
    if (netif.input(p, &netif) != ERR_OK) {
        pbuf_free(p);
    }
    if (wanted && queued < AUTOIP_QUEUE) {
        CHECK(tested->queued == queued + 1 && tested->queue[queued].kind == wanted);
        CHECK(memcmp(tested->queue[queued].frame, frame, AUTOIP_FRAME) == 0);
    } else if (wanted) {
        CHECK(tested->queued == queued && tested->dropped == LWIP_MIN(dropped + 1, UINT16_MAX));
    } else {
        CHECK(tested->queued == queued || tested->queue[queued].kind == AUTOIP_ROUTABLE_CLAIM);
    }
}

static void any_frame(void) {
    uint8_t frame[FRAME_MAX];
    receive(frame, take(frame, next_two() % FRAME_MAX));
}

static size_t put_ethernet(uint8_t *frame, uint16_t type) {
    memcpy(frame, mac(), 6);
    memcpy(frame + 6, mac(), 6);
    frame[12] = type >> 8;
    frame[13] = type;
    return 14;
}

static void arp_frame(void) {
    uint8_t frame[64] = { 0 };
    size_t length = put_ethernet(frame, mostly(ETHTYPE_ARP));
    const uint16_t fields[] = { mostly(1), mostly(ETHTYPE_IP), mostly(0x0604), mostly(1 + next_byte() % 2) };
    for (size_t i = 0; i < LWIP_ARRAYSIZE(fields); ++i) {
        frame[length++] = fields[i] >> 8;
        frame[length++] = fields[i];
    }
    memcpy(frame + 22, mac(), 6);
    memcpy(frame + 28, address(), 4);
    memcpy(frame + 32, mac(), 6);
    memcpy(frame + 38, address(), 4);
    receive(frame, mostly(42) % (sizeof(frame) + 1));
}

// An IPv4 packet with correct lengths and checksum, except for the fields that the input changes.
static void send_ip(uint8_t *frame, uint8_t protocol, const uint8_t *payload, size_t count) {
    uint8_t options = next_byte() % 4 == 3 ? next_byte() % 11 * 4 : 0;
    uint8_t *ip = frame + put_ethernet(frame, ETHTYPE_IP);
    uint16_t total = mostly(20 + options + count), fragment = mostly(0);
    memset(ip, 0, 20);
    ip[0] = 0x45 + options / 4;
    ip[2] = total >> 8;
    ip[3] = total;
    ip[6] = fragment >> 8;
    ip[7] = fragment;
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, address(), 4);
    memcpy(ip + 16, address(), 4);
    take(ip + 20, options);
    memcpy(ip + 20 + options, payload, count);
    uint16_t sum = inet_chksum(ip, 20 + options);
    memcpy(ip + 10, &sum, 2);
    receive(frame, 14 + 20 + options + count);
}

static void ip_packet(void) {
    static const uint8_t protocols[] = { IP_PROTO_UDP, IP_PROTO_ICMP, IP_PROTO_TCP, IP_PROTO_IGMP };
    uint8_t frame[FRAME_MAX] = { 0 }, payload[256] = { 0 };
    uint8_t protocol = protocols[next_byte() % LWIP_ARRAYSIZE(protocols)];
    size_t count = next_byte();
    take(payload, count);
    if (protocol == IP_PROTO_UDP) {
        payload[2] = 0; // mostly the port of `server`
        payload[3] = mostly(SERVER_PORT);
        payload[4] = 0;
        payload[5] = count;
        payload[6] = payload[7] = 0; // no checksum
    }
    send_ip(frame, protocol, payload, count);
}

static void dhcp_reply(void) {
    uint8_t frame[FRAME_MAX] = { 0 }, payload[300] = { 0, 67, 0, 68, 300 >> 8, 300 & 255 };
    uint8_t *message = payload + 8;
    message[0] = mostly(2);
    message[1] = 1;
    message[2] = 6;
    memcpy(message + 4, &(uint32_t) { PP_HTONL(dhcp.xid) }, 4);
    memcpy(message + 16, address(), 4);
    memcpy(message + 28, macs[0], 6);
    const uint8_t *server_id = address(), *mask = address();
    uint8_t options[] = {
        0x63, 0x82, 0x53, 0x63, 53, 1, 2 + next_byte() % 5, 54, 4, server_id[0], server_id[1], server_id[2], server_id[3],
        1, 4, mask[0], mask[1], mask[2], mask[3], 51, 4, 0, 0, next_byte(), next_byte(),
    };
    memcpy(message + 236, options, sizeof(options));
    take(message + 236 + sizeof(options), next_byte() % 30);
    message[291] = 255;
    send_ip(frame, IP_PROTO_UDP, payload, sizeof(payload));
}

/******************************************************************************/
// All other events

static void time_passes(void) {
    static const uint32_t steps[] = { 1, 100, 1000, 2000, 10000, 70000, 0x20000000 };
    uint32_t until = now + steps[next_byte() % LWIP_ARRAYSIZE(steps)];
    for (int i = 0; i < 100 && now != until; ++i) {
        bool due = tested->timer.runs && (int32_t)(tested->timer.at - until) <= 0;
        now = due && (int32_t)(tested->timer.at - now) > 0 && next_byte() % 8 ? tested->timer.at : until;
        sys_check_timeouts();
        if (tested->timer.runs && (int32_t)(now - tested->timer.at) >= 0) {
            autoip_port_timer_start(&tested->timer, tested->timer.due(&tested->timer));
            tested->timer.runs = tested->timed;
        }
    }
}

static const uint8_t *announcement(void) {
    static uint8_t frame[AUTOIP_FRAME] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1 };
    memcpy(frame + 28, &tested->watched, 4);
    memcpy(frame + 38, &tested->watched, 4);
    return frame;
}

// The service calls a function of link.c. The order of the calls is one that the link contract allows.
static void service_works(void) {
    uint8_t frame[AUTOIP_FRAME];
    bool watches = ip4_addr_get_u32(&tested->watched) != IPADDR_NONE;
    switch (next_byte() % 8) {
        case 0:
            autoip_link_release(tested);
            autoip_link_watch(tested, -1);
            break;
        case 1: {
            uint16_t host = next_byte() % 2 ? 0x0709 : 0x1234;
            ip4_addr_t other;
            IP4_ADDR(&other, 169, 254, host >> 8, host & 255);
            if (!ip4_addr_eq(&other, &tested->watched)) {
                autoip_link_release(tested);
            }
            autoip_link_watch(tested, host);
            break;
        }
        case 2:
            announcing = true;
            if (watches && autoip_link_assign(tested, announcement())) {
                CHECK(autoip_alias_is_used(&tested->alias));
            }
            announcing = false;
            break;
        case 3:
            autoip_link_receive(tested, frame);
            break;
        case 4:
            CHECK(autoip_link_status(tested) <= 2);
            break;
        case 5:
            autoip_link_set_prefix(tested, next_byte() % 3 * 16);
            break;
        case 6:
            autoip_link_wake(tested, next_byte() * 16 - 1);
            break;
        default:
            if (autoip_link_status(tested) == 0) {
                autoip_link_watch(tested, -1);
            }
            while (autoip_link_receive(tested, frame) != AUTOIP_NOTHING) {
            }
    }
}

static void interface_changes(void) {
    ip4_addr_t ip, mask;
    switch (next_byte() % 8) {
        case 0:
            netif_set_link_down(&netif);
            break;
        case 1:
            netif_set_link_up(&netif);
            break;
        case 2:
            netif_set_down(&netif);
            break;
        case 3:
            netif_set_up(&netif);
            break;
        case 4:
            dhcp_start(&netif);
            break;
        case 5:
            dhcp_release_and_stop(&netif);
            break;
        case 6:
            netif.hwaddr[5] = 1 + next_byte() % 2 * 8;
            break;
        default:
            memcpy(&ip, address(), 4);
            IP4_ADDR(&mask, 255, 255, 255, 0);
            netif_set_addr(&netif, &ip, &mask, IP4_ADDR_ANY4);
    }
}

static void socket_sends(void) {
    ip_addr_t source = *IP4_ADDR_ANY, destination = *IP4_ADDR_ANY;
    struct udp_pcb *pcb = udp_new();
    memcpy(ip_2_ip4(&source), address(), 4);
    memcpy(ip_2_ip4(&destination), address(), 4);
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, next_byte(), PBUF_RAM);
    memset(p->payload, 0, p->len);
    if (next_byte() % 2 == 0 || udp_bind(pcb, &source, 0) == ERR_OK) {
        ip_set_option(pcb, SOF_BROADCAST);
        udp_sendto(pcb, p, &destination, 9);
    }
    pbuf_free(p);
    udp_remove(pcb);
}

static void(*const steps[])(void) = {
    any_frame, arp_frame, arp_frame, ip_packet, dhcp_reply, time_passes, service_works, service_works, interface_changes, socket_sends,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool initialized;
    if (!initialized) {
        lwip_init();
        initialized = true;
    }
    input = data;
    input_left = size;
    power_up();
    while (input_left > 0) {
        steps[next_byte() % LWIP_ARRAYSIZE(steps)]();
        note_own_address();
    }
    power_down();
    return 0;
}
