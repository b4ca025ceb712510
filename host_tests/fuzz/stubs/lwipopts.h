// SPDX-License-Identifier: MIT
// lwIP as on UNIX_TAP, but each buffer is allocated with malloc(), so that the sanitizers find uses beyond or after
// it.
#include "../../../boards/UNIX_TAP/lwip/lwipopts.h"

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
