// rp2: WLAN (CYW43), WIZNET5K with lwIP, and USBD_NCM. Their objects are private to MicroPython, their
// lwIP interfaces have names.

#include "py/runtime.h"

#if MICROPY_PY_NETWORK_CYW43
#include "extmod/network_cyw43.h"
#include "extmod/modnetwork.h"
#endif

#include "link.h"

typedef struct _named_t {
    const mp_obj_type_t *type;
    char name[2];
} named_t;

extern const mp_obj_type_t mod_network_nic_type_wiznet5k;
extern const mp_obj_type_t mod_network_nic_type_ncm;

static const named_t named[] = {
    #if MICROPY_PY_NETWORK_WIZNET5K
    { &mod_network_nic_type_wiznet5k, { 'e', '0' } },
    #endif
    #if MICROPY_PY_NETWORK_USBD_NCM
    { &mod_network_nic_type_ncm, { 'u', 'n' } },
    #endif
    { NULL, "" },
};

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
    for (const named_t *each = named; each->type != NULL; ++each) {
        if (mp_obj_is_exact_type(nic, each->type)) {
            return autoip_link_find_netif(each->name);
        }
    }
    return NULL;
}
