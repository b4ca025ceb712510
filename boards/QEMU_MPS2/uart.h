// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_QEMU_MPS2_UART_H
#define AUTOIP_BOARDS_QEMU_MPS2_UART_H

void uart_init(void);

#endif
