// SPDX-License-Identifier: MIT
// lwIP as on UNIX_TAP, but in a task, as in ESP-IDF.
#ifndef AUTOIP_BOARDS_UNIX_TASK_LWIPOPTS_H
#define AUTOIP_BOARDS_UNIX_TASK_LWIPOPTS_H

#include "../../UNIX_TAP/lwip/lwipopts.h"

#undef NO_SYS
#define NO_SYS 0
#undef SYS_ARCH_DECL_PROTECT
#undef SYS_ARCH_PROTECT
#undef SYS_ARCH_UNPROTECT
#undef sys_jiffies

// Python's socket needs a lock. Received frames are sent to the task.
#define LWIP_TCPIP_CORE_LOCKING 1
#define LWIP_TCPIP_CORE_LOCKING_INPUT 0

// Detects calls to lwIP without the lock.
int task_has_lwip(void);
#define LWIP_ASSERT_CORE_LOCKED() LWIP_ASSERT("called without the lock", task_has_lwip())

#define MEMP_NUM_TCPIP_MSG_INPKT 32 // as in ESP-IDF, CONFIG_LWIP_TCPIP_RECVMBOX_SIZE
#define PBUF_POOL_SIZE 48

// Before DHCP binds a lease, it checks the address with ARP. A timer ends the check.
#undef LWIP_DHCP_DOES_ACD_CHECK
#define LWIP_DHCP_DOES_ACD_CHECK 1

#define LWIP_HOOK_FILENAME "lwip_default_hooks.h"
#define LWIP_HOOK_IP4_ROUTE_SRC ip4_route_src_hook

#endif
