// SPDX-License-Identifier: MIT
// Ports whose lwIP and soft timers run in PendSV, or, on UNIX_TAP, in a signal handler. A netif_*.c next to this file finds
// the lwIP interface of a `network` object.

#include "py/mphal.h"

#include "port.h"

void autoip_port_run(void (*function)(void *), void *arg) {
    MICROPY_PY_LWIP_ENTER
    function(arg);
    MICROPY_PY_LWIP_EXIT
}

void autoip_port_wake(void) {
    // Scheduling a function wakes the port.
}

struct netif *autoip_port_default(void) {
    return netif_default;
}

uint32_t autoip_port_now(void) {
    return mp_hal_ticks_ms();
}

// The handler of soft timers must not insert a soft timer. So this timer is periodic, and the handler adds the period
// to expiry_ms.
static void on_timer(soft_timer_entry_t *entry) {
    autoip_port_timer_t *timer = (autoip_port_timer_t *)entry;
    uint32_t ms = timer->due(timer);
    entry->mode = ms == AUTOIP_PORT_NEVER ? SOFT_TIMER_MODE_ONE_SHOT : SOFT_TIMER_MODE_PERIODIC;
    entry->expiry_ms = mp_hal_ticks_ms();
    entry->delta_ms = ms;
}

bool autoip_port_timer_init(autoip_port_timer_t *timer, uint32_t (*due)(autoip_port_timer_t *timer)) {
    soft_timer_static_init(&timer->entry, SOFT_TIMER_MODE_PERIODIC, 0, on_timer);
    timer->due = due;
    return true;
}

void autoip_port_timer_start(autoip_port_timer_t *timer, uint32_t ms) {
    timer->entry.mode = SOFT_TIMER_MODE_PERIODIC;
    soft_timer_insert(&timer->entry, ms);
}

void autoip_port_timer_stop(autoip_port_timer_t *timer) {
    soft_timer_remove(&timer->entry);
}
