// SPDX-License-Identifier: MIT
// lwIP as UNIX_TAP has it, but each buffer is one of malloc(): the sanitizers see what is read or kept beyond it.
#include "../../../boards/UNIX_TAP/lwip/lwipopts.h"

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
