// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_UNIX_TASK_ESP_NETIF_NET_STACK_H
#define AUTOIP_BOARDS_UNIX_TASK_ESP_NETIF_NET_STACK_H

#include "esp_netif.h"

static inline void *esp_netif_get_netif_impl(esp_netif_t *netif) {
    return netif;
}

static inline esp_netif_t *esp_netif_get_handle_from_netif_impl(void *netif) {
    return netif;
}

#endif
