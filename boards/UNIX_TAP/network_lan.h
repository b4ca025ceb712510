// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_UNIX_TAP_NETWORK_LAN_H
#define AUTOIP_BOARDS_UNIX_TAP_NETWORK_LAN_H

#include "py/obj.h"

struct netif;

// The lwIP interface of a network.LAN object, or NULL for another object.
struct netif *network_lan_netif(mp_obj_t nic);

// Processes received frames and changes of the link. Called in the driver's context, which is an interrupt or a task.
void network_lan_poll(void);

// Implemented by the board: makes network_lan_poll() run soon after this file descriptor becomes readable. Returns
// 0 or an errno.
int network_lan_attach(int fd);

#endif
