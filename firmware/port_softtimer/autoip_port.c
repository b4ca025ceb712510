// Ports whose lwIP and soft timers run in PendSV, or as UNIX_TAP's in what takes its place. A netif_*.c
// beside this file tells the lwIP interface of a `network` object.

#include "py/mphal.h"

#include "autoip.h"

void autoip_port_run(void (*function)(void *), void *arg) {
    MICROPY_PY_LWIP_ENTER
    function(arg);
    MICROPY_PY_LWIP_EXIT
}

struct netif *autoip_port_default(void) {
    return netif_default;
}

void autoip_port_wake(void) {
    // What is scheduled wakes the port by itself.
}

uint32_t autoip_port_now(void) {
    return mp_hal_ticks_ms();
}

static void on_timer(soft_timer_entry_t *timer) {
    // A soft timer may not be inserted from the handler of soft timers: this one is periodic, and the
    // handler adds its period anew each time.
    timer->delta_ms = autoip_link_timer((autoip_link_t *)((char *)timer - offsetof(autoip_link_t, timer)));
}

void autoip_port_timer_start(autoip_link_t *link, uint32_t ms) {
    soft_timer_remove(&link->timer);
    soft_timer_static_init(&link->timer, SOFT_TIMER_MODE_PERIODIC, 0, on_timer);
    soft_timer_insert(&link->timer, ms);
}

void autoip_port_timer_stop(autoip_link_t *link) {
    soft_timer_remove(&link->timer);
}
