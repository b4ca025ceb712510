// SPDX-License-Identifier: MIT
// MicroPython's own ports rp2, stm32, mimxrt and alif. The objects of `network` are private to MicroPython. So this
// file finds an interface by the value that the driver has stored in netif->state, or by the interface's name.

#include "py/runtime.h"

#if MICROPY_PY_NETWORK_CYW43
#include "extmod/network_cyw43.h"
#include "extmod/modnetwork.h"
#endif

#include "drivers.h"
#include "netifs.h"
#include "port.h"

// Weak: NULL in a build without the driver.
extern const mp_obj_type_t network_lan_type __attribute__((weak));
extern const mp_obj_type_t mod_network_nic_type_wiznet5k __attribute__((weak));
extern const mp_obj_type_t mod_network_nic_type_ncm __attribute__((weak));
extern int8_t wizphy_getphylink(void) __attribute__((weak)); // 1: there is a link
extern int eth_link_status(void *eth) __attribute__((weak)); // 1: there is a link
extern void autoip_wiznet5k_filter(bool filter) __attribute__((weak));
extern void autoip_enet_filter(struct netif *netif, bool filter) __attribute__((weak));

// The `network` object of stm32 and mimxrt.
typedef struct _lan_t {
    mp_obj_base_t base;
    void *eth;
} lan_t;

static struct netif *find_netif(const void *state) {
    struct netif *netif;
    NETIF_FOREACH(netif) {
        if (netif->state == state) {
            return netif;
        }
    }
    return NULL;
}

#if MICROPY_PY_NETWORK_CYW43
// The station and the access point are one object each, and have the same MAC.
static bool is_station(mp_obj_t nic) {
    mp_obj_t sta = MP_OBJ_NEW_SMALL_INT(MOD_NETWORK_STA_IF);
    return nic == MP_OBJ_TYPE_GET_SLOT(&mp_network_cyw43_type, make_new)(&mp_network_cyw43_type, 1, 0, &sta);
}
#endif

struct netif *autoip_port_netif(mp_obj_t nic) {
    #if MICROPY_PY_NETWORK_CYW43
    if (mp_obj_is_exact_type(nic, &mp_network_cyw43_type)) {
        return autoip_netif_find(is_station(nic) ? "w0" : "w1");
    }
    #endif
    if (mp_obj_is_exact_type(nic, &mod_network_nic_type_wiznet5k)) {
        return find_netif(MP_OBJ_TO_PTR(nic));
    }
    if (mp_obj_is_exact_type(nic, &network_lan_type)) {
        return find_netif(((const lan_t *)MP_OBJ_TO_PTR(nic))->eth);
    }
    if (mp_obj_is_exact_type(nic, &mod_network_nic_type_ncm)) {
        return autoip_netif_find("un");
    }
    return NULL;
}

/******************************************************************************/
// The cable, and the filter of the hardware

static bool is_wiznet5k(const struct netif *netif) {
    const mp_obj_base_t *object = netif->state;
    return object != NULL && &mod_network_nic_type_wiznet5k != NULL && object->type == &mod_network_nic_type_wiznet5k;
}

static bool is_lan(const struct netif *netif) {
    return &network_lan_type != NULL && netif->name[0] == 'e' && !is_wiznet5k(netif);
}

// eth_link_status() reads the PHY only while lwIP has no link. So clear lwIP's flag during the call.
static bool lan_has_link(struct netif *netif) {
    uint8_t flags = netif->flags;
    netif->flags &= ~NETIF_FLAG_LINK_UP;
    bool link = eth_link_status(netif->state) == 1;
    netif->flags = flags;
    return link;
}

// WIZNET5K() clears the flags of an active interface without a callback. So set the flags again, and let lwIP
// clear them.
static void report_cleared(struct netif *netif) {
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_UP | NETIF_FLAG_LINK_UP;
    netif_set_link_down(netif);
    netif_set_down(netif);
}

static void set_filter(struct netif *netif, bool filter) {
    if (is_wiznet5k(netif)) {
        autoip_wiznet5k_filter(filter);
    } else if (is_lan(netif) && &autoip_enet_filter != NULL) {
        autoip_enet_filter(netif, filter);
    }
}

void autoip_port_filter(struct netif *netif) {
    if (netif_is_up(netif)) {
        set_filter(netif, true);
    }
}

// The drivers of WIZNET5K and LAN don't report the state of the cable to lwIP, except for stm32's LAN from
// MicroPython 1.29 on.
bool autoip_port_poll_cable(struct netif *netif) {
    bool wiznet5k = is_wiznet5k(netif);
    if (!wiznet5k && !is_lan(netif)) {
        return false;
    }
    if (wiznet5k && netif->flags == 0) {
        report_cleared(netif);
    }
    if (netif_is_up(netif)) {
        bool link = wiznet5k ? wizphy_getphylink() == 1 : lan_has_link(netif);
        (link ? netif_set_link_up : netif_set_link_down)(netif);
        set_filter(netif, false);
    }
    return true;
}
