// SPDX-License-Identifier: MIT
// Ports whose lwIP and soft timers run in PendSV, or as UNIX_TAP's in what takes its place. A netif_*.c beside this
// file tells the lwIP interface of a `network` object.

#include "py/mphal.h"

#include "port.h"

void autoip_port_run(void (*function)(void *), void *arg) {
    MICROPY_PY_LWIP_ENTER
    function(arg);
    MICROPY_PY_LWIP_EXIT
}

void autoip_port_wake(void) {
    // What is scheduled wakes the port by itself.
}

struct netif *autoip_port_default(void) {
    return netif_default;
}

uint32_t autoip_port_now(void) {
    return mp_hal_ticks_ms();
}

// A soft timer may not be inserted from the handler of soft timers: this one is periodic, and the handler adds its
// period to the time at which it was due.
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
