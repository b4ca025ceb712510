// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_QEMU_MPS2_NETWORK_LAN_H
#define AUTOIP_BOARDS_QEMU_MPS2_NETWORK_LAN_H

#include "py/obj.h"

struct netif;

// At power-up: starts the controller, and seeds the board's random numbers with its MAC.
void network_lan_init(void);

// The lwIP interface of a network.LAN object, or NULL for another object.
struct netif *network_lan_netif(mp_obj_t nic);

// Processes received frames and changes of the link. Called in PendSV.
void network_lan_poll(void);

#endif
