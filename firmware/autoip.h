// _autoip: hooks an lwIP interface for the protocol in lib/autoip. It filters, queues, wakes and sets
// the address; it decides nothing.
#ifndef AUTOIP_FIRMWARE_AUTOIP_H
#define AUTOIP_FIRMWARE_AUTOIP_H

#include <stdbool.h>
#include <stdint.h>

#include "py/runtime.h"

#include "lwip/netif.h"

#include "autoip_port.h"

// Interfaces with a service at the same time.
#ifndef AUTOIP_LINKS
#define AUTOIP_LINKS (2)
#endif

// Ethernet header and ARP packet of IPv4, in octets, and where the protocol addresses are in it.
#define AUTOIP_FRAME (42)
#define AUTOIP_FRAME_SPA (28)
#define AUTOIP_FRAME_TPA (38)

// Frames that wait for Python; a power of two. When they are full the oldest are kept: of a storm of
// conflicts the first two decide.
#define AUTOIP_QUEUE (2)

// One hooked interface. It is static memory: the hooks use it in the lwIP context, where the garbage
// collector's heap may not be touched.
typedef struct _autoip_link_t {
    struct netif *netif; // NULL: free
    int32_t watched; // 16-bit host part, or -1
    int32_t assigned; // likewise
    uint32_t wake_at; // ms of autoip_port_now()
    uint32_t claim_at; // likewise: the last claim on the interface's own address
    bool wake_wanted;
    bool hooked; // false while the interface is removed
    bool went_down; // since Python last watched nothing
    bool routable; // as Python was told
    bool mirrors; // the interface shows the link-local address
    uint8_t queue_first;
    uint8_t queue_count;
    uint16_t drops; // not more than it holds

    // What the hooks replaced.
    netif_output_fn output;
    netif_linkoutput_fn linkoutput;

    // The link-local address: an interface of its own, and the interface's netmask of the time before
    // it mirrored the address.
    struct netif alias;
    ip4_addr_t netmask;
    ip4_addr_t leased; // the last address that DHCP supplied

    autoip_port_timer_t timer;
    mp_sched_node_t node;
    uint8_t queue[AUTOIP_QUEUE][AUTOIP_FRAME];
} autoip_link_t;

extern autoip_link_t autoip_links[AUTOIP_LINKS];

// To be called by Python's thread, outside lwIP's context.
struct netif *autoip_find_netif(const char *name, size_t len);
bool autoip_is_active(const struct netif *netif);
autoip_link_t *autoip_link_open(struct netif *netif); // NULL: no place left
void autoip_link_close(autoip_link_t *link);
int autoip_link_status(autoip_link_t *link);
void autoip_link_watch(autoip_link_t *link, int32_t host);
bool autoip_link_is_claimed(autoip_link_t *link, const uint8_t *frame);
size_t autoip_link_receive(autoip_link_t *link, uint8_t *frame, size_t len);
bool autoip_link_send(autoip_link_t *link, const uint8_t *frame, size_t len);
void autoip_link_wake(autoip_link_t *link, int32_t ms);
void autoip_link_assign(autoip_link_t *link, int32_t host, bool narrow);
void autoip_link_release(autoip_link_t *link);

// In lwIP's context, between link.c and alias.c.
static inline bool autoip_is_link_local(const uint8_t *address) {
    return address[0] == 169 && address[1] == 254;
}
static inline bool autoip_is_up(const struct netif *netif) {
    return netif_is_up(netif) && netif_is_link_up(netif);
}
bool autoip_is_host(const uint8_t *address, int32_t host);
autoip_link_t *autoip_find_link(const struct netif *netif);
err_t autoip_link_output(autoip_link_t *link, struct pbuf *p);
struct netif *autoip_alias_arp_input(autoip_link_t *link, struct pbuf *p, const uint8_t *frame);
err_t autoip_alias_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *destination, netif_output_fn output);
bool autoip_alias_is_mirrored(const autoip_link_t *link);
void autoip_alias_mirror(autoip_link_t *link);
void autoip_alias_release(autoip_link_t *link);

// The linker has lwIP call these in the place of its own, see micropython.mk and micropython.cmake.
void __real_etharp_input(struct pbuf *p, struct netif *netif);
void __wrap_etharp_input(struct pbuf *p, struct netif *netif);
err_t __real_ip4_input(struct pbuf *p, struct netif *netif);
err_t __wrap_ip4_input(struct pbuf *p, struct netif *netif);

// Of the MicroPython side: have the link's on_wake called soon. Any context.
void autoip_schedule(autoip_link_t *link);

// Of the port, in one file each.

// Run function(arg) where lwIP may be called, and return when it is done.
void autoip_port_run(void (*function)(void *), void *arg);

// The lwIP interface of a `network` object, or NULL. Python's thread.
struct netif *autoip_port_netif(mp_obj_t nic);

// The one that is meant where none is named, or NULL. Python's thread.
struct netif *autoip_port_default(void);

// Wake Python's thread, for which something was scheduled. lwIP's context.
void autoip_port_wake(void);

// A clock in ms that wraps at 2**32, and a timer, both for the lwIP context.
uint32_t autoip_port_now(void);
void autoip_port_timer_start(autoip_link_t *link, uint32_t ms);
void autoip_port_timer_stop(autoip_link_t *link);

// Called by the port's timer in the lwIP context; returns the ms after which it is to be called again.
uint32_t autoip_link_timer(autoip_link_t *link);

#endif
