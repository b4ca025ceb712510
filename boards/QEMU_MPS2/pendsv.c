// SPDX-License-Identifier: MIT
// The PendSV interrupt: lwIP, the network driver and the soft timers run in it and interrupt Python anywhere,
// as on rp2 and stm32. Each tick and each interrupt of the Ethernet controller triggers it.

#include "py/mphal.h"
#include "shared/runtime/softtimer.h"

#include "network_lan.h"
#include "pendsv.h"

void PendSV_Handler(void) {
    network_lan_poll();
    soft_timer_handler();
}

void pendsv_init(void) {
    SCB_PRIORITY(EXCEPTION_PENDSV) = IRQ_PRIORITY_PENDSV;
}

uint32_t soft_timer_get_ms(void) {
    return mp_hal_ticks_ms();
}

void soft_timer_schedule_at_ms(uint32_t ticks_ms) {
    // PendSV_Handler() checks the soft timers at each tick.
}
