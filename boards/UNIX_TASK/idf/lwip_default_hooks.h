// SPDX-License-Identifier: MIT
// lwIP's hook for source routing, like ESP-IDF's hook: packets leave through the interface that has the source address.
#ifndef AUTOIP_BOARDS_UNIX_TASK_LWIP_DEFAULT_HOOKS_H
#define AUTOIP_BOARDS_UNIX_TASK_LWIP_DEFAULT_HOOKS_H

struct netif;
struct ip4_addr;

struct netif *ip4_route_src_hook(const struct ip4_addr *source, const struct ip4_addr *destination);

#endif
