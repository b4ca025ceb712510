// SPDX-License-Identifier: MIT
// The options of UNIX_TAP, except that lwIP allocates each buffer with malloc(). So AddressSanitizer detects accesses
// beyond the end of a buffer, and accesses to a freed buffer.
#include "../../../boards/UNIX_TAP/lwip/lwipopts.h"

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
