// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_QEMU_MPS2_PENDSV_H
#define AUTOIP_BOARDS_QEMU_MPS2_PENDSV_H

#include "mps2.h"

void pendsv_init(void);

// Makes the interrupt run as soon as no other interrupt runs and it is not suspended.
static inline void pendsv_trigger(void) {
    SCB_ICSR = ICSR_PENDSVSET;
}

#endif
