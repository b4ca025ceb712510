// SPDX-License-Identifier: MIT
// Disables interrupts: all of them, or only PendSV, in which lwIP and the soft timers run.
#ifndef AUTOIP_BOARDS_QEMU_MPS2_IRQ_H
#define AUTOIP_BOARDS_QEMU_MPS2_IRQ_H

#include <stdint.h>

// Priorities. A greater number means a lower priority. MPS2's NVIC uses only the upper three bits.
#define IRQ_PRIORITY_DEVICE (0x40)
#define IRQ_PRIORITY_PENDSV (0xe0)

static inline uint32_t irq_disable(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\n\tcpsid i" : "=r" (state) : : "memory");
    return state;
}

static inline void irq_restore(uint32_t state) {
    __asm volatile ("msr primask, %0" : : "r" (state) : "memory");
}

static inline uint32_t pendsv_suspend(void) {
    uint32_t state;
    __asm volatile ("mrs %0, basepri" : "=r" (state) : : "memory");
    __asm volatile ("msr basepri, %0" : : "r" (IRQ_PRIORITY_PENDSV) : "memory");
    return state;
}

static inline void pendsv_resume(uint32_t state) {
    __asm volatile ("msr basepri, %0" : : "r" (state) : "memory");
}

#endif
