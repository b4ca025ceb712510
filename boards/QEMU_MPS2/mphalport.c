// SPDX-License-Identifier: MIT
// Time, and the two functions of MicroPython that wait.

#include "py/mphal.h"
#include "py/runtime.h"

#include "pendsv.h"

#define EPOCH_S (1609459200) // the board has no calendar, so each power-up is 2021-01-01 00:00, as on rp2

static uint32_t counted_ms;
static uint32_t counted_us; // the counter at this millisecond
static uint32_t overflows; // how often counted_ms has wrapped

// The milliseconds follow the counter, so no millisecond is lost if the emulator drops ticks.
static void follow_counter(void) {
    uint32_t ms = (FPGAIO_COUNTER - counted_us) / 1000;
    counted_us += ms * 1000;
    counted_ms += ms;
    overflows += counted_ms < ms;
}

void SysTick_Handler(void) {
    mp_hal_ticks_ms();
    pendsv_trigger();
}

void mp_hal_ticks_init(void) {
    FPGAIO_PRESCALE = CPU_HZ / 1000000 - 1;
    counted_us = FPGAIO_COUNTER;
    TIMER_RELOAD = UINT32_MAX;
    TIMER_CTRL = TIMER_CTRL_RUN;
    SCB_PRIORITY(EXCEPTION_SYSTICK) = IRQ_PRIORITY_DEVICE;
    SYSTICK_LOAD = CPU_HZ / 1000 - 1;
    SYSTICK_CURRENT = 0;
    SYSTICK_CTRL = SYSTICK_CTRL_RUN;
}

mp_uint_t mp_hal_ticks_ms(void) {
    uint32_t state = irq_disable();
    follow_counter();
    uint32_t ms = counted_ms;
    irq_restore(state);
    return ms;
}

uint64_t mp_hal_time_ns(void) {
    uint32_t state = irq_disable();
    follow_counter();
    uint64_t ms = (uint64_t)overflows << 32 | counted_ms;
    irq_restore(state);
    return (ms + EPOCH_S * 1000ULL) * 1000000;
}

void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms();
    mp_uint_t elapsed = 0;
    do {
        mp_event_wait_ms(ms - elapsed);
        elapsed = mp_hal_ticks_ms() - start;
    } while (elapsed < ms);
}

void mp_hal_delay_us(mp_uint_t us) {
    mp_uint_t start = mp_hal_ticks_us();
    while (mp_hal_ticks_us() - start < us) {
    }
}
