// SPDX-License-Identifier: MIT
// The functions of ESP-IDF's esp_timer that firmware/port_esp32 uses.
#ifndef AUTOIP_BOARDS_UNIX_TASK_ESP_TIMER_H
#define AUTOIP_BOARDS_UNIX_TASK_ESP_TIMER_H

#include <stdint.h>

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_ERR_NO_MEM 0x101
#define ESP_ERR_INVALID_STATE 0x103

typedef struct esp_timer *esp_timer_handle_t;

typedef struct {
    void (*callback)(void *arg);
    void *arg;
    const char *name;
} esp_timer_create_args_t;

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *handle);
esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us);
esp_err_t esp_timer_stop(esp_timer_handle_t timer);
int64_t esp_timer_get_time(void);

// Not in ESP-IDF: starts the task that runs the timers, and initialises esp_netif_tcpip_exec().
void idf_init(void);

#endif
