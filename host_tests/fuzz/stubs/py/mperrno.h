// SPDX-License-Identifier: MIT
#include <errno.h>

#define MP_EALREADY EALREADY
#define MP_ENOMEM ENOMEM
