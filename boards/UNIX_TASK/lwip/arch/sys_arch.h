// SPDX-License-Identifier: MIT
// Like lwIP's own port to Unix, but with a recursive lock, because modlwip.c takes the lock twice.
#include_next <arch/sys_arch.h>

#undef LOCK_TCPIP_CORE
#undef UNLOCK_TCPIP_CORE
void task_lock_lwip(void);
void task_unlock_lwip(void);
#define LOCK_TCPIP_CORE() task_lock_lwip()
#define UNLOCK_TCPIP_CORE() task_unlock_lwip()
