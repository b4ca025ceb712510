#ifndef AUTOIP_BOARDS_UNIX_TAP_NETWORK_LAN_H
#define AUTOIP_BOARDS_UNIX_TAP_NETWORK_LAN_H

#include "py/obj.h"

struct netif;

// The lwIP interface of a network.LAN object, NULL if it is none of these.
struct netif *network_lan_netif(mp_obj_t nic);

// Take in received frames and changes of the link; called in the interrupt.
void network_lan_poll(void);

#endif
