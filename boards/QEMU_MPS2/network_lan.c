// SPDX-License-Identifier: MIT
// network.LAN over the machine's LAN9118.

#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modnetwork.h"

#include "lwip/netif.h"

#include "lan9118.h"
#include "lan_netif.h"
#include "network_lan.h"
#include "pendsv.h"
#include "random.h"

#define FRAMES_AT_ONCE (32) // a limit, so that Python runs for the rest of the tick

typedef struct _network_lan_obj_t {
    mp_obj_base_t base;
    uint8_t mac[6];
    bool active;
    uint32_t frames;
    uint32_t drops;
    uint32_t overruns;
    struct netif netif;
    struct dhcp dhcp;
} network_lan_obj_t;

// As on other boards, the interface is not on the heap, and survives a soft reset.
static network_lan_obj_t lan = { .base = { &network_lan_type } };

// The buffer for one frame. Receiving and sending share it, because they never run at the same time.
static lan9118_frame_t frame;

static err_t lan_linkoutput(struct netif *netif, struct pbuf *p) {
    uint16_t len = pbuf_copy_partial(p, frame, sizeof(frame), 0);
    return lan9118_send(frame, len) ? ERR_OK : ERR_IF;
}

static void lan_input(size_t len) {
    struct pbuf *p = pbuf_alloc(PBUF_RAW, len, PBUF_POOL);
    if (p == NULL) {
        ++lan.drops;
        return;
    }
    pbuf_take(p, frame, len);
    if (lan.netif.input(p, &lan.netif) != ERR_OK) {
        pbuf_free(p);
    }
}

// Returns false if more frames may be waiting.
static bool lan_receive(void) {
    for (int i = 0; i < FRAMES_AT_ONCE; ++i) {
        lan.overruns += lan9118_was_full();
        int len = lan9118_receive(frame);
        if (len == 0) {
            return true;
        }
        ++lan.frames;
        if (len < 0) {
            ++lan.drops;
        } else if (lan.active && netif_is_link_up(&lan.netif)) {
            lan_input(len);
        }
    }
    return false;
}

static void lan_follow_link(void) {
    if (lan9118_link_up()) {
        netif_set_link_up(&lan.netif);
    } else {
        netif_set_link_down(&lan.netif);
    }
}

void network_lan_poll(void) {
    if (lan9118_link_changed() && lan.active) {
        netif_set_link_down(&lan.netif); // the link was down, even if it is up again
        lan_follow_link();
    }
    lan.drops += lan9118_lost();
    if (lan_receive()) {
        lan9118_interrupt_on();
    }
}

void LAN_Handler(void) {
    lan9118_interrupt_off();
    pendsv_trigger();
}

void network_lan_init(void) {
    lan9118_init();
    lan9118_get_mac(lan.mac);
    board_random_seed(lan.mac);
    NVIC_PRIORITY(IRQ_LAN) = IRQ_PRIORITY_DEVICE;
    NVIC_ENABLE = 1 << IRQ_LAN;
}

static err_t lan_init(struct netif *netif) {
    netif->linkoutput = lan_linkoutput;
    lan_netif_init(netif, lan.mac, 0);
    return ERR_OK;
}

static void lan_start(void) {
    lan_netif_start(&lan.netif, &lan.dhcp, &lan, lan_init);
    lan.active = true;
    lan_follow_link();
}

static void lan_stop(void) {
    lan.active = false;
    lan_netif_stop(&lan.netif);
}

static void lan_set_active(bool active) {
    MICROPY_PY_LWIP_ENTER
    if (active && !lan.active) {
        lan_start();
    } else if (!active && lan.active) {
        lan_stop();
    }
    MICROPY_PY_LWIP_EXIT
}

struct netif *network_lan_netif(mp_obj_t nic) {
    return nic == MP_OBJ_FROM_PTR(&lan) ? &lan.netif : NULL;
}

/*******************************************************************************/
// MicroPython bindings

static mp_obj_t lan_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&lan);
}

static void lan_print(const mp_print_t *print, mp_obj_t self, mp_print_kind_t kind) {
    char address[IP4ADDR_STRLEN_MAX];
    ip4addr_ntoa_r(netif_ip4_addr(&lan.netif), address, sizeof(address));
    mp_printf(print, "<LAN %d %s>", lan_netif_status(&lan.netif), address);
}

static mp_obj_t lan_active(size_t n_args, const mp_obj_t *args) {
    if (n_args == 1) {
        return mp_obj_new_bool(lan.active);
    }
    lan_set_active(mp_obj_is_true(args[1]));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lan_active_obj, 1, 2, lan_active);

static mp_obj_t lan_deinit(mp_obj_t self) {
    lan_set_active(false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_deinit_obj, lan_deinit);

static mp_obj_t lan_isconnected(mp_obj_t self) {
    return mp_obj_new_bool(lan_netif_status(&lan.netif) == STATUS_GOT_ADDRESS);
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_isconnected_obj, lan_isconnected);

static mp_obj_t lan_get_status(mp_obj_t self) {
    return MP_OBJ_NEW_SMALL_INT(lan_netif_status(&lan.netif));
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_get_status_obj, lan_get_status);

static mp_obj_t lan_ifconfig(size_t n_args, const mp_obj_t *args) {
    return mod_network_nic_ifconfig(&lan.netif, n_args - 1, args + 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lan_ifconfig_obj, 1, 2, lan_ifconfig);

static mp_obj_t lan_ipconfig(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    return mod_network_nic_ipconfig(&lan.netif, n_args - 1, args + 1, kwargs);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(lan_ipconfig_obj, 1, lan_ipconfig);

// config("mac"); config("frames"): the number of received frames; config("drops"): the number of received frames that
// were dropped because they were invalid or because lwIP had no buffer. A real controller's count of dropped frames
// would be added, but the emulator does not count the frames that its controller drops when it is full. So
// config("overruns") counts how often the controller may have dropped frames.
static mp_obj_t lan_config(mp_obj_t self, mp_obj_t name) {
    switch (mp_obj_str_get_qstr(name)) {
        case MP_QSTR_mac:
            return mp_obj_new_bytes(lan.mac, sizeof(lan.mac));
        case MP_QSTR_frames:
            return mp_obj_new_int_from_uint(lan.frames);
        case MP_QSTR_drops:
            return mp_obj_new_int_from_uint(lan.drops);
        case MP_QSTR_overruns:
            return mp_obj_new_int_from_uint(lan.overruns);
        default:
            mp_raise_ValueError(MP_ERROR_TEXT("unknown config param"));
    }
}
static MP_DEFINE_CONST_FUN_OBJ_2(lan_config_obj, lan_config);

static const mp_rom_map_elem_t lan_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR_active), MP_ROM_PTR(&lan_active_obj) },
    { MP_ROM_QSTR(MP_QSTR_deinit), MP_ROM_PTR(&lan_deinit_obj) },
    { MP_ROM_QSTR(MP_QSTR_isconnected), MP_ROM_PTR(&lan_isconnected_obj) },
    { MP_ROM_QSTR(MP_QSTR_status), MP_ROM_PTR(&lan_get_status_obj) },
    { MP_ROM_QSTR(MP_QSTR_ifconfig), MP_ROM_PTR(&lan_ifconfig_obj) },
    { MP_ROM_QSTR(MP_QSTR_ipconfig), MP_ROM_PTR(&lan_ipconfig_obj) },
    { MP_ROM_QSTR(MP_QSTR_config), MP_ROM_PTR(&lan_config_obj) },
};
static MP_DEFINE_CONST_DICT(lan_locals_dict, lan_locals_dict_table);

MP_DEFINE_CONST_OBJ_TYPE(
    network_lan_type,
    MP_QSTR_LAN,
    MP_TYPE_FLAG_NONE,
    make_new, lan_make_new,
    print, lan_print,
    locals_dict, &lan_locals_dict
    );
