// SPDX-License-Identifier: MIT
// The boards of this project have one kind of `network` object, and it knows its lwIP interface.

#include "network_lan.h"

#include "port.h"

struct netif *autoip_port_netif(mp_obj_t nic) {
    return network_lan_netif(nic);
}

// Their drivers tell lwIP of the cable.
bool autoip_port_look(struct netif *netif) {
    (void)netif;
    return false;
}
