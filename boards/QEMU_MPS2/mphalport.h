// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_QEMU_MPS2_MPHALPORT_H
#define AUTOIP_BOARDS_QEMU_MPS2_MPHALPORT_H

#include <stdint.h>

#include "shared/runtime/interrupt_char.h"

#include "mps2.h"

static inline mp_uint_t mp_hal_ticks_us(void) {
    return FPGAIO_COUNTER;
}

static inline mp_uint_t mp_hal_ticks_cpu(void) {
    return -TIMER_VALUE;
}

// Starts the clock and its tick.
void mp_hal_ticks_init(void);

#endif
