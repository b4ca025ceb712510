// SPDX-License-Identifier: MIT
// This project's own boards have one kind of `network` object, which knows its lwIP interface.

#include "network_lan.h"

#include "port.h"

struct netif *autoip_port_netif(mp_obj_t nic) {
    return network_lan_netif(nic);
}

// The drivers report the state of the cable to lwIP.
bool autoip_port_poll_cable(struct netif *netif) {
    (void)netif;
    return false;
}
