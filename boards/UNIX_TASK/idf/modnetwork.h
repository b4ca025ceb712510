// SPDX-License-Identifier: MIT
// The start of the `network` objects of MicroPython's esp32 port, and of network.LAN here.
#ifndef AUTOIP_BOARDS_UNIX_TASK_MODNETWORK_H
#define AUTOIP_BOARDS_UNIX_TASK_MODNETWORK_H

#include "py/obj.h"

#include "esp_netif.h"

typedef struct _base_if_obj_t {
    mp_obj_base_t base;
    esp_netif_t *netif;
} base_if_obj_t;

#endif
