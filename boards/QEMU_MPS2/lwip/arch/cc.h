// SPDX-License-Identifier: MIT
// Definitions that lwIP needs from the compiler.
#ifndef AUTOIP_BOARDS_QEMU_MPS2_CC_H
#define AUTOIP_BOARDS_QEMU_MPS2_CC_H

#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) __builtin_trap() // startup.c prints the location

#endif
