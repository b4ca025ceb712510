// SPDX-License-Identifier: MIT
// One lwIP interface as lib/autoip/service.py sees it: frames in and out, the wake-up, and what happens when the
// interface changes. It makes no protocol decisions. Call all functions in lwIP's context.
#ifndef AUTOIP_FIRMWARE_LINK_H
#define AUTOIP_FIRMWARE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip/netif.h"

#include "alias.h"
#include "port.h"
#include "responder.h"

// The number of interfaces that can have a service at the same time.
#ifndef AUTOIP_LINKS
#define AUTOIP_LINKS 2 // a plain number, because it is part of a message
#endif

// Bytes of an Ethernet header and an ARP packet of IPv4.
#define AUTOIP_FRAME (42)

// The number of frames that can wait for Python. If the queue is full, a new frame is dropped, because the
// first two conflicts of a storm decide whether the address is defended or given up.
#define AUTOIP_QUEUE (2)

// What a received frame is, see receive() in lib/autoip/service.py.
typedef enum _autoip_kind_t {
    AUTOIP_NOTHING = 0,
    AUTOIP_CLAIM = 1, // its sender has the watched address
    AUTOIP_PROBE = 2, // its sender probes for the watched address, which is not in use
    AUTOIP_ANSWER = 3, // a claim that replies to a probe of this interface
    AUTOIP_ROUTABLE_CLAIM = 4, // its sender has the interface's own address, which is leased or static
    AUTOIP_RENAMED = 5, // not a frame: another host has the board's name, see responder.h
} autoip_kind_t;

// In static memory, because lwIP's context may not use the garbage collector's heap.
typedef struct _autoip_link_t {
    // Called when Python has to handle a frame, a wake-up, or a change of the link or of the address.
    void (*on_event)(struct _autoip_link_t *link);
    ip4_addr_t watched; // or NOT_WATCHED
    ip4_addr_t routable; // the address that the last status() reported, or zero
    uint32_t wake_at; // ms of autoip_port_now()
    uint32_t due_at; // ms of autoip_port_now() at which the timer is due
    uint32_t reported_at; // ms of autoip_port_now() at which Python last got a conflict on the interface's own address
    bool wake_wanted : 1;
    bool timed : 1; // the timer runs
    bool polls_cable : 1; // the driver doesn't report the state of the cable
    bool present : 1; // lwIP has the interface
    bool interrupted : 1; // the link was down, or the board slept, since Python last called watch(-1)
    uint8_t queued;
    uint16_t dropped; // stops at its largest value
    uint16_t malformed; // stops at its largest value
    struct {
        uint8_t kind;
        uint8_t frame[AUTOIP_FRAME];
    } queue[AUTOIP_QUEUE]; // oldest first
    #if AUTOIP_RESPONDER
    autoip_responder_t responder;
    #endif
    autoip_alias_t alias; // its main is the interface; NULL: this link is free
    autoip_port_timer_t timer;
} autoip_link_t;

extern autoip_link_t autoip_links[AUTOIP_LINKS];

// `netif` must be in lwIP's list. If it can't have a service, returns NULL and sets `error` to EALREADY or ENOMEM.
autoip_link_t *autoip_link_open(struct netif *netif, void (*on_event)(autoip_link_t *link), int *error);
void autoip_link_close(autoip_link_t *link);

// The methods of a link, see lib/autoip/service.py.
int autoip_link_status(autoip_link_t *link);
ip4_addr_t autoip_link_routable(autoip_link_t *link);
void autoip_link_watch(autoip_link_t *link, int32_t host);
autoip_kind_t autoip_link_receive(autoip_link_t *link, uint8_t frame[AUTOIP_FRAME]);
bool autoip_link_send(autoip_link_t *link, const uint8_t frame[AUTOIP_FRAME]);
bool autoip_link_assign(autoip_link_t *link, const uint8_t frame[AUTOIP_FRAME]);
void autoip_link_set_prefix(autoip_link_t *link, uint8_t prefix);
void autoip_link_release(autoip_link_t *link);
void autoip_link_wake(autoip_link_t *link, int32_t ms);

#endif
