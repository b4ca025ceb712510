// SPDX-License-Identifier: MIT
// The functions of ESP-IDF's esp_netif that firmware/port_esp32 uses.
#ifndef AUTOIP_BOARDS_UNIX_TASK_ESP_NETIF_H
#define AUTOIP_BOARDS_UNIX_TASK_ESP_NETIF_H

#include "lwip/ip4_addr.h"

#include "esp_timer.h"

#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED 0x5007

typedef struct netif esp_netif_t;
typedef ip4_addr_t esp_ip4_addr_t;

typedef struct {
    esp_ip4_addr_t ip;
    esp_ip4_addr_t netmask;
    esp_ip4_addr_t gw;
} esp_netif_ip_info_t;

typedef esp_err_t (*esp_netif_callback_fn)(void *arg);

esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn function, void *arg);
esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *ip_info);
esp_err_t esp_netif_set_ip_info(esp_netif_t *netif, const esp_netif_ip_info_t *ip_info);

// Not in ESP-IDF: starts the task that handles the events.
void esp_netif_start_events(void);

#endif
