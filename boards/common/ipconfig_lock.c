// SPDX-License-Identifier: MIT
#include "py/mphal.h"
#include "py/runtime.h"

#include "extmod/modnetwork.h"

typedef struct _call_t {
    struct netif *netif;
    size_t n_args;
    const mp_obj_t *args;
    mp_map_t *kwargs;
} call_t;

// ifconfig() and ipconfig() change lwIP's lists, which PendSV may change at the same time.
static mp_obj_t locked(mp_obj_t (*function)(const call_t *), const call_t *call) {
    mp_obj_t result = mp_const_none;
    nlr_buf_t nlr;
    MICROPY_PY_LWIP_ENTER
    bool returned = nlr_push(&nlr) == 0;
    if (returned) {
        result = function(call);
        nlr_pop();
    }
    MICROPY_PY_LWIP_EXIT
    if (!returned) {
        nlr_jump(nlr.ret_val);
    }
    return result;
}

mp_obj_t __real_mod_network_nic_ifconfig(struct netif *netif, size_t n_args, const mp_obj_t *args);
static mp_obj_t ifconfig(const call_t *call) {
    return __real_mod_network_nic_ifconfig(call->netif, call->n_args, call->args);
}

mp_obj_t __wrap_mod_network_nic_ifconfig(struct netif *netif, size_t n_args, const mp_obj_t *args);
mp_obj_t __wrap_mod_network_nic_ifconfig(struct netif *netif, size_t n_args, const mp_obj_t *args) {
    call_t call = { netif, n_args, args, NULL };
    bool waits = n_args && mp_obj_is_str(args[0]); // "dhcp"
    return waits ? ifconfig(&call) : locked(ifconfig, &call);
}

mp_obj_t __real_mod_network_nic_ipconfig(struct netif *netif, size_t n_args, const mp_obj_t *args, mp_map_t *kwargs);
static mp_obj_t ipconfig(const call_t *call) {
    return __real_mod_network_nic_ipconfig(call->netif, call->n_args, call->args, call->kwargs);
}

mp_obj_t __wrap_mod_network_nic_ipconfig(struct netif *netif, size_t n_args, const mp_obj_t *args, mp_map_t *kwargs);
mp_obj_t __wrap_mod_network_nic_ipconfig(struct netif *netif, size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    call_t call = { netif, n_args, args, kwargs };
    return locked(ipconfig, &call);
}
