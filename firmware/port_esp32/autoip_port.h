// SPDX-License-Identifier: MIT
#ifndef AUTOIP_FIRMWARE_PORT_ESP32_H
#define AUTOIP_FIRMWARE_PORT_ESP32_H

#include <stdbool.h>

#include "esp_timer.h"

// IDF's drivers already receive frames for the multicast groups that a program has joined, so there is no filter to
// restore, see port.h.
#define autoip_port_filter(netif)

typedef struct _autoip_port_timer_t {
    uint32_t (*due)(struct _autoip_port_timer_t *timer);
    esp_timer_handle_t handle; // NULL before the first init
    struct tcpip_callback_msg *message; // allocated once, so that a due timer needs no memory
    bool running;
} autoip_port_timer_t;

#endif
