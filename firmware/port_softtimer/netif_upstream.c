// MicroPython's own ports rp2, stm32, mimxrt and alif. The objects of `network` are private to MicroPython;
// an interface is found by what its driver left in netif->state, or by its name.

#include "py/runtime.h"

#if MICROPY_PY_NETWORK_CYW43
#include "extmod/network_cyw43.h"
#include "extmod/modnetwork.h"
#endif

#include "link.h"

// Weak: NULL in a build without that driver.
extern const mp_obj_type_t network_lan_type __attribute__((weak));
extern const mp_obj_type_t mod_network_nic_type_wiznet5k __attribute__((weak));
extern const mp_obj_type_t mod_network_nic_type_ncm __attribute__((weak));

// Of stm32 and mimxrt.
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
// STA and AP are one object each, and have the same MAC.
static bool is_station(mp_obj_t nic) {
    mp_obj_t sta = MP_OBJ_NEW_SMALL_INT(MOD_NETWORK_STA_IF);
    return nic == MP_OBJ_TYPE_GET_SLOT(&mp_network_cyw43_type, make_new)(&mp_network_cyw43_type, 1, 0, &sta);
}
#endif

struct netif *autoip_port_netif(mp_obj_t nic) {
    #if MICROPY_PY_NETWORK_CYW43
    if (mp_obj_is_exact_type(nic, &mp_network_cyw43_type)) {
        return autoip_link_find_netif(is_station(nic) ? "w0" : "w1");
    }
    #endif
    if (mp_obj_is_exact_type(nic, &mod_network_nic_type_wiznet5k)) {
        return find_netif(MP_OBJ_TO_PTR(nic));
    }
    if (mp_obj_is_exact_type(nic, &network_lan_type)) {
        return find_netif(((const lan_t *)MP_OBJ_TO_PTR(nic))->eth);
    }
    if (mp_obj_is_exact_type(nic, &mod_network_nic_type_ncm)) {
        return autoip_link_find_netif("un");
    }
    return NULL;
}
