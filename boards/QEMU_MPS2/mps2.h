// SPDX-License-Identifier: MIT
// Registers of the machine "mps2-an385": a Cortex-M3 and the devices of Arm's application note 385.
#ifndef AUTOIP_BOARDS_QEMU_MPS2_MPS2_H
#define AUTOIP_BOARDS_QEMU_MPS2_MPS2_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

#define CPU_HZ (25000000)

// Cortex-M3
#define SYSTICK_CTRL REG(0xe000e010)
#define SYSTICK_LOAD REG(0xe000e014)
#define SYSTICK_CURRENT REG(0xe000e018)
#define NVIC_ENABLE REG(0xe000e100)
#define NVIC_PRIORITY(irq) (*(volatile uint8_t *)(0xe000e400 + (irq)))
#define SCB_ICSR REG(0xe000ed04)
#define SCB_AIRCR REG(0xe000ed0c)
#define SCB_PRIORITY(exception) (*(volatile uint8_t *)(0xe000ed14 + (exception)))

#define SYSTICK_CTRL_RUN (0x7) // uses the CPU's clock, with an interrupt
#define ICSR_PENDSVSET (1 << 28)
#define AIRCR_SYSRESETREQ (0x05fa0004)

#define EXCEPTION_PENDSV (14)
#define EXCEPTION_SYSTICK (15)

// Interrupts of the machine
#define IRQ_UART_RX (0)
#define IRQ_LAN (13)

// UART0
#define UART_DATA REG(0x40004000)
#define UART_STATE REG(0x40004004)
#define UART_CTRL REG(0x40004008)
#define UART_INTSTATUS REG(0x4000400c)
#define UART_BAUDDIV REG(0x40004010)

#define UART_STATE_TX_FULL (1 << 0)
#define UART_STATE_RX_FULL (1 << 1)
#define UART_CTRL_TX (1 << 0)
#define UART_CTRL_RX (1 << 1)
#define UART_CTRL_RX_INTERRUPT (1 << 3)
#define UART_INTSTATUS_RX (1 << 1)

// A timer that counts down with the CPU's clock
#define TIMER_CTRL REG(0x40000000)
#define TIMER_VALUE REG(0x40000004)
#define TIMER_RELOAD REG(0x40000008)

#define TIMER_CTRL_RUN (1 << 0)

// A free-running counter of 32 bits
#define FPGAIO_COUNTER REG(0x40028018)
#define FPGAIO_PRESCALE REG(0x4002801c)

#define LAN9118_BASE (0x40200000)

#endif
