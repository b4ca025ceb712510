// SPDX-License-Identifier: MIT
// What a port gives: a folder port_* for each kind, with these functions and, in its autoip_port.h, the type
// autoip_port_timer_t.
#ifndef AUTOIP_FIRMWARE_PORT_H
#define AUTOIP_FIRMWARE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "py/obj.h"

#include "lwip/netif.h"

#include "alias.h"
#include "autoip_port.h"

// Run function(arg) in lwIP's context, and return when it is done. Python's thread.
void autoip_port_run(void (*function)(void *), void *arg);

// Wake Python's thread, for which something was scheduled. lwIP's context.
void autoip_port_wake(void);

// The interface of a `network` object, and the one that is meant where none is named; NULL: there is none. lwIP's
// context; they neither raise nor allocate.
struct netif *autoip_port_netif(mp_obj_t nic);
struct netif *autoip_port_default(void);

// Tell lwIP of a cable that the driver does not report; false: the driver does. lwIP's context, in the timer, at most once a
// second.
bool autoip_port_look(struct netif *netif);

// Where a layer above lwIP chooses the default interface and keeps addresses; macros that do nothing elsewhere.
// lwIP's context.
#ifndef autoip_port_forget
// If main shows the address and is the default interface, have one with a router in its place. After the address is
// set, and about once a second.
void autoip_port_keep_uplink(const autoip_alias_t *alias);

// The address that main shows is about to be suspended or taken off: the layer may not put it there again by itself.
// Also in the middle of a change of the interface.
void autoip_port_forget(const autoip_alias_t *alias);
#endif

// A clock in ms that wraps at 2**32. lwIP's context.
uint32_t autoip_port_now(void);

// A timer, all of it in lwIP's context. `due` is called when it is due, and returns the ms after which it is to be
// called again, or AUTOIP_PORT_NEVER. It lies in memory that is zero before the first init; false: no memory.
#define AUTOIP_PORT_NEVER (UINT32_MAX)
bool autoip_port_timer_init(autoip_port_timer_t *timer, uint32_t (*due)(autoip_port_timer_t *timer));
void autoip_port_timer_start(autoip_port_timer_t *timer, uint32_t ms);
void autoip_port_timer_stop(autoip_port_timer_t *timer);

#endif
