// SPDX-License-Identifier: MIT
// From reset to main(), and the handling of a crash.

#include <stdint.h>

#include "py/mphal.h"
#include "py/mpprint.h"

#include "mps2.h"

extern uint32_t _stack_top, _data_load, _data_start, _data_end, _bss_start, _bss_end;

int main(void);
void SysTick_Handler(void);
void PendSV_Handler(void);
void UART_RX_Handler(void);
void LAN_Handler(void);

void Reset_Handler(void) {
    uint32_t *from = &_data_load;
    for (uint32_t *to = &_data_start; to < &_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &_bss_start; to < &_bss_end;) {
        *to++ = 0;
    }
    main();
}

// `frame` is what the CPU has pushed onto the stack: r0 - r3, r12, lr, pc, xpsr.
__attribute__((used)) static void report_crash(const uint32_t *frame) {
    mp_printf(&mp_plat_print, "\nCRASH pc=%08x lr=%08x psr=%08x sp=%08x\n",
        (unsigned)frame[6], (unsigned)frame[5], (unsigned)frame[7], (unsigned)frame);
    for (;;) {
    }
}

__attribute__((naked)) static void crash(void) {
    // After a stack overflow there is no memory for the report. So use the stack from its top again.
    __asm volatile (
        "mov r0, sp\n"
        "ldr r1, =_stack_top\n"
        "mov sp, r1\n"
        "b report_crash\n"
        );
}

// The index is the number of the exception. The interrupts of the machine start at 16.
__attribute__((section(".vectors"), used)) static void(*const vectors[16 + 32])(void) = {
    (void (*)(void)) & _stack_top,
    Reset_Handler,
    [2 ... 13] = crash,
    [EXCEPTION_PENDSV] = PendSV_Handler,
    [EXCEPTION_SYSTICK] = SysTick_Handler,
    [16 + IRQ_UART_RX] = UART_RX_Handler,
    [16 + IRQ_UART_RX + 1 ... 16 + IRQ_LAN - 1] = crash,
    [16 + IRQ_LAN] = LAN_Handler,
    [16 + IRQ_LAN + 1 ... 16 + 31] = crash,
};
