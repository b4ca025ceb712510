// SPDX-License-Identifier: MIT
// The first fields of a `network` object in MicroPython's esp32 port. This board's network.LAN starts with the same
// fields.
#ifndef AUTOIP_BOARDS_UNIX_TASK_MODNETWORK_H
#define AUTOIP_BOARDS_UNIX_TASK_MODNETWORK_H

#include "py/obj.h"

#include "esp_netif.h"

typedef struct _base_if_obj_t {
    mp_obj_base_t base;
    esp_netif_t *netif;
} base_if_obj_t;

#endif
