// What firmware/port_esp32 uses of ESP-IDF's esp_netif.
#ifndef AUTOIP_BOARDS_UNIX_TASK_ESP_NETIF_H
#define AUTOIP_BOARDS_UNIX_TASK_ESP_NETIF_H

#include "esp_timer.h"

typedef struct netif esp_netif_t;
typedef esp_err_t (*esp_netif_callback_fn)(void *arg);

esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn function, void *arg);

#endif
