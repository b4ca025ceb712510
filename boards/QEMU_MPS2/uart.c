// SPDX-License-Identifier: MIT
// The REPL's serial port. Received bytes wait in a ring buffer for Python, except for Ctrl-C.

#include "py/mphal.h"
#include "py/ringbuf.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "uart.h"

static uint8_t received[512];
static ringbuf_t ring = { received, sizeof(received), 0, 0 };

// If the ring buffer is full, the byte stays in the UART, and the sender waits.
static void receive(void) {
    UART_INTSTATUS = UART_INTSTATUS_RX;
    while ((UART_STATE & UART_STATE_RX_FULL) && ringbuf_free(&ring)) {
        int c = UART_DATA;
        if (c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else {
            ringbuf_put(&ring, c);
        }
    }
}

void UART_RX_Handler(void) {
    receive();
}

void uart_init(void) {
    UART_BAUDDIV = 16;
    UART_CTRL = UART_CTRL_TX | UART_CTRL_RX | UART_CTRL_RX_INTERRUPT;
    NVIC_PRIORITY(IRQ_UART_RX) = IRQ_PRIORITY_DEVICE;
    NVIC_ENABLE = 1 << IRQ_UART_RX;
}

static int get(void) {
    uint32_t state = irq_disable();
    int c = ringbuf_get(&ring);
    receive();
    irq_restore(state);
    return c;
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        int c = get();
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

mp_uint_t mp_hal_stdout_tx_strn(const char *str, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        while (UART_STATE & UART_STATE_TX_FULL) {
        }
        UART_DATA = str[i];
    }
    return len;
}

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && ringbuf_avail(&ring)) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}
