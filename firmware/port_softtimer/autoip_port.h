// SPDX-License-Identifier: MIT
#ifndef AUTOIP_FIRMWARE_PORT_SOFTTIMER_H
#define AUTOIP_FIRMWARE_PORT_SOFTTIMER_H

#include "shared/runtime/softtimer.h"

// There is no layer above lwIP, see port.h.
#define autoip_port_keep_uplink(alias)
#define autoip_port_forget(alias)

// The hardware of the project's own boards doesn't filter, see port.h.
#if !AUTOIP_UPSTREAM
#define autoip_port_filter(netif)
#endif

typedef struct _autoip_port_timer_t {
    soft_timer_entry_t entry;
    uint32_t (*due)(struct _autoip_port_timer_t *timer);
} autoip_port_timer_t;

#endif
