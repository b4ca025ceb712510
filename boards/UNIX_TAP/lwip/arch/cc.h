// SPDX-License-Identifier: MIT
// Definitions that lwIP needs from the compiler, for a 64-bit host.
#ifndef AUTOIP_BOARDS_UNIX_TAP_CC_H
#define AUTOIP_BOARDS_UNIX_TAP_CC_H

#include <stdio.h>
#include <stdlib.h>

#define LWIP_PLATFORM_DIAG(x) do { printf x; } while (0)
#define LWIP_PLATFORM_ASSERT(x) \
    do { fprintf(stderr, "lwIP: %s (%s:%d)\n", x, __FILE__, __LINE__); abort(); } while (0)

#endif
