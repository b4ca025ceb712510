// SPDX-License-Identifier: MIT
// The functions that a port implements. Each kind of port has a directory port_*, whose autoip_port.h defines the type
// autoip_port_timer_t.
#ifndef AUTOIP_FIRMWARE_PORT_H
#define AUTOIP_FIRMWARE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "py/obj.h"

#include "lwip/netif.h"

#include "alias.h"
#include "autoip_port.h"

// Runs function(arg) in lwIP's context, and returns when it is done. Called in Python's thread.
void autoip_port_run(void (*function)(void *), void *arg);

// Wakes Python's thread after a function has been scheduled for it. Called in lwIP's context.
void autoip_port_wake(void);

// autoip_port_netif() returns the interface of a `network` object. autoip_port_default() returns the default interface.
// Both return NULL if there is no such interface. Called in lwIP's context, so they neither raise nor allocate.
struct netif *autoip_port_netif(mp_obj_t nic);
struct netif *autoip_port_default(void);

// Reports the state of the cable to lwIP and returns true, or returns false if the driver does this itself.
// Also makes the hardware's receive filter accept mDNS queries. Called in lwIP's context, by the timer, at
// most once per second.
bool autoip_port_poll_cable(struct netif *netif);

// Restores the hardware's receive filter when the interface's service ends. In ports without such a filter
// this is a macro that does nothing. Called in lwIP's context.
#ifndef autoip_port_filter
void autoip_port_filter(struct netif *netif);
#endif

// For ports with a layer above lwIP that chooses the default interface and stores addresses. In other ports, the two
// functions below are macros that do nothing. Called in lwIP's context.
#ifndef autoip_port_forget
// If main shows the address and is the default interface, selects another default interface that has a gateway. Called
// after the address is set, and about once per second.
void autoip_port_keep_uplink(const autoip_alias_t *alias);

// Called before the address that main shows is suspended or removed, so that the layer doesn't set it again.
// The interface may be in the middle of a change.
void autoip_port_forget(const autoip_alias_t *alias);
#endif

// A clock in ms that wraps at 2**32. Called in lwIP's context.
uint32_t autoip_port_now(void);

// A timer in lwIP's context. The timer calls `due`, which returns the ms until its next call, or AUTOIP_PORT_NEVER. The
// memory of the timer must be zero before the first init. init returns false if there is no memory.
#define AUTOIP_PORT_NEVER (UINT32_MAX)
bool autoip_port_timer_init(autoip_port_timer_t *timer, uint32_t (*due)(autoip_port_timer_t *timer));
void autoip_port_timer_start(autoip_port_timer_t *timer, uint32_t ms);
void autoip_port_timer_stop(autoip_port_timer_t *timer);

#endif
