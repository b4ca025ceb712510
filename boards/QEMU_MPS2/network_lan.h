// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_QEMU_MPS2_NETWORK_LAN_H
#define AUTOIP_BOARDS_QEMU_MPS2_NETWORK_LAN_H

#include "py/obj.h"

struct netif;

// At power-up: start the controller; its MAC makes the board's random numbers its own.
void network_lan_init(void);

// The lwIP interface of a network.LAN object, NULL if it is none of these.
struct netif *network_lan_netif(mp_obj_t nic);

// Take in received frames and changes of the link; called in PendSV.
void network_lan_poll(void);

#endif
