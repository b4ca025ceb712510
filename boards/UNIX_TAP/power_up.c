// SPDX-License-Identifier: MIT
// lwIP without its own task: a soft timer, in the interrupt, runs lwIP's timers.

#include "py/mphal.h"
#include "shared/runtime/softtimer.h"

#include "lwip/apps/mdns.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"

#include "main.h"
#include "pendsv.h"

#define LWIP_TICK_MS 64 // as on rp2

static soft_timer_entry_t lwip_timer;

static void check_timeouts(soft_timer_entry_t *timer) {
    (void)timer;
    sys_check_timeouts();
}

void board_power_up(void) {
    pendsv_init();
    lwip_init();
    mdns_resp_init();
    soft_timer_static_init(&lwip_timer, SOFT_TIMER_MODE_PERIODIC, LWIP_TICK_MS, check_timeouts);
    soft_timer_insert(&lwip_timer, LWIP_TICK_MS);
}

uint32_t sys_now(void) {
    return mp_hal_ticks_ms();
}
