// SPDX-License-Identifier: MIT
// modlwip.c creates, binds and connects sockets without a lock. Included before modlwip.c, this file adds the lock.
#ifndef AUTOIP_BOARDS_UNIX_TASK_MODLWIP_LOCK_H
#define AUTOIP_BOARDS_UNIX_TASK_MODLWIP_LOCK_H

#include "py/mpconfig.h"

#include "lwip/igmp.h"
#include "lwip/raw.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

#define LOCKED(call) \
    __extension__({ \
        task_lock_lwip(); \
        __auto_type result = call; \
        task_unlock_lwip(); \
        result; \
    })
#define LOCKED_VOID(call) \
    do { \
        task_lock_lwip(); \
        call; \
        task_unlock_lwip(); \
    } while (0)

#define tcp_new() LOCKED(tcp_new())
#define tcp_arg(...) LOCKED_VOID(tcp_arg(__VA_ARGS__))
#define tcp_err(...) LOCKED_VOID(tcp_err(__VA_ARGS__))
#define tcp_recv(...) LOCKED_VOID(tcp_recv(__VA_ARGS__))
#define tcp_accept(...) LOCKED_VOID(tcp_accept(__VA_ARGS__))
#define tcp_bind(...) LOCKED(tcp_bind(__VA_ARGS__))
#define tcp_listen_with_backlog_and_err(...) LOCKED(tcp_listen_with_backlog_and_err(__VA_ARGS__))
#define udp_new() LOCKED(udp_new())
#define udp_recv(...) LOCKED_VOID(udp_recv(__VA_ARGS__))
#define udp_bind(...) LOCKED(udp_bind(__VA_ARGS__))
#define udp_connect(...) LOCKED(udp_connect(__VA_ARGS__))
#define raw_new(...) LOCKED(raw_new(__VA_ARGS__))
#define raw_recv(...) LOCKED_VOID(raw_recv(__VA_ARGS__))
#define raw_connect(...) LOCKED(raw_connect(__VA_ARGS__))
#define igmp_joingroup(...) LOCKED(igmp_joingroup(__VA_ARGS__))
#define igmp_leavegroup(...) LOCKED(igmp_leavegroup(__VA_ARGS__))

// modlwip.c's functions that protect lwIP's memory don't work for a task that survives a soft reset. So
// rename them: lwIP then uses the functions of its Unix port.
#define sys_arch_protect modlwip_arch_protect
#define sys_arch_unprotect modlwip_arch_unprotect
sys_prot_t modlwip_arch_protect(void);
void modlwip_arch_unprotect(sys_prot_t state);

#endif
