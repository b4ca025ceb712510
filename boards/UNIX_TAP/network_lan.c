// SPDX-License-Identifier: MIT
// network.LAN over a Linux TAP device.

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modnetwork.h"

#include "lwip/netif.h"

#include "lan_netif.h"
#include "network_lan.h"

#define LAN_MAX 4
#define FRAME_MAX 1514
#define FRAMES_AT_ONCE 64 // limits the time spent in one interrupt

typedef struct _network_lan_obj_t {
    mp_obj_base_t base;
    struct netif *handle; // objects of the esp32 port start like this, see UNIX_TASK/idf/modnetwork.h
    char tap[IFNAMSIZ];
    int fd; // the file of the TAP device, -1 before it is opened
    uint8_t mac[6];
    bool active;
    struct netif netif;
    struct dhcp dhcp;
} network_lan_obj_t;

// As on other boards, the interfaces are not on the heap, and survive a soft reset.
static network_lan_obj_t lans[LAN_MAX];

static short tap_flags(network_lan_obj_t *self) {
    struct ifreq request = { 0 };
    strncpy(request.ifr_name, self->tap, IFNAMSIZ - 1);
    // The TAP device itself returns only its name. Any socket returns its flags.
    static int query_socket = -1;
    if (query_socket < 0) {
        query_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
    return ioctl(query_socket, SIOCGIFFLAGS, &request) == 0 ? request.ifr_flags : 0;
}

static void tap_open(network_lan_obj_t *self) {
    // Without this check, TUNSETIFF would create a device with this name.
    if (if_nametoindex(self->tap) == 0) {
        mp_raise_OSError(ENODEV);
    }
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        mp_raise_OSError(errno);
    }
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    strncpy(request.ifr_name, self->tap, IFNAMSIZ - 1);
    int error = ioctl(fd, TUNSETIFF, &request) != 0 ? errno : network_lan_attach(fd);
    if (error) {
        close(fd);
        mp_raise_OSError(error);
    }
    MICROPY_PY_PENDSV_ENTER;
    self->fd = fd;
    MICROPY_PY_PENDSV_EXIT;
}

// The device's own MAC belongs to the host's end of the wire. The board's MAC is derived from it.
static void tap_default_mac(network_lan_obj_t *self) {
    struct ifreq request = { 0 };
    if (ioctl(self->fd, SIOCGIFHWADDR, &request) != 0) {
        mp_raise_OSError(errno);
    }
    memcpy(self->mac, request.ifr_hwaddr.sa_data, 6);
    self->mac[0] = (self->mac[0] | 0x02) ^ 0x04;
}

static err_t lan_linkoutput(struct netif *netif, struct pbuf *p) {
    network_lan_obj_t *self = netif->state;
    static uint8_t frame[FRAME_MAX];
    uint16_t len = pbuf_copy_partial(p, frame, sizeof(frame), 0);
    return write(self->fd, frame, len) == len ? ERR_OK : ERR_IF;
}

static void lan_receive(network_lan_obj_t *self) {
    static uint8_t frame[FRAME_MAX];
    for (int i = 0; i < FRAMES_AT_ONCE; ++i) {
        ssize_t len = read(self->fd, frame, sizeof(frame));
        if (len <= 0) {
            return;
        }
        if (!self->active || !netif_is_link_up(&self->netif)) {
            continue;
        }
        struct pbuf *p = pbuf_alloc(PBUF_RAW, len, PBUF_POOL);
        if (p != NULL) {
            pbuf_take(p, frame, len);
            if (self->netif.input(p, &self->netif) != ERR_OK) {
                pbuf_free(p);
            }
        }
    }
}

static void lan_follow_link(network_lan_obj_t *self) {
    bool up = tap_flags(self) & IFF_UP;
    if (up == (bool)netif_is_link_up(&self->netif)) {
        return;
    }
    MICROPY_PY_LWIP_ENTER
    if (self->active) {
        lan_netif_set_link(&self->netif, up);
    }
    MICROPY_PY_LWIP_EXIT
}

void network_lan_poll(void) {
    for (int i = 0; i < LAN_MAX; ++i) {
        if (lans[i].base.type != NULL && lans[i].fd >= 0) {
            if (lans[i].active) {
                lan_follow_link(&lans[i]);
            }
            lan_receive(&lans[i]);
        }
    }
}

static err_t lan_init(struct netif *netif) {
    network_lan_obj_t *self = netif->state;
    netif->linkoutput = lan_linkoutput;
    lan_netif_init(netif, self->mac, self - lans);
    return ERR_OK;
}

static void lan_start(network_lan_obj_t *self) {
    lan_netif_start(&self->netif, &self->dhcp, self, lan_init);
    self->active = true;
    lan_follow_link(self);
}

static void lan_stop(network_lan_obj_t *self) {
    self->active = false;
    lan_netif_stop(&self->netif);
}

static void lan_set_active(network_lan_obj_t *self, bool active) {
    if (active && self->fd < 0) {
        tap_open(self);
    }
    MICROPY_PY_PENDSV_ENTER;
    MICROPY_PY_LWIP_ENTER;
    if (active != self->active) {
        (active ? lan_start : lan_stop)(self);
    }
    MICROPY_PY_LWIP_EXIT;
    MICROPY_PY_PENDSV_EXIT;
}

#if AUTOIP_RESPONDER
// A test can have the driver leave the mDNS responder to autoip.
bool lan_adds_to_responder(void) {
    return getenv("NO_MDNS") == NULL;
}
#endif

struct netif *network_lan_netif(mp_obj_t nic) {
    if (!mp_obj_is_type(nic, &network_lan_type)) {
        return NULL;
    }
    return &((network_lan_obj_t *)MP_OBJ_TO_PTR(nic))->netif;
}

/*******************************************************************************/
// MicroPython bindings

static network_lan_obj_t *lan_find(const char *tap) {
    for (int i = 0; i < LAN_MAX; ++i) {
        if (lans[i].base.type == NULL || strcmp(lans[i].tap, tap) == 0) {
            return &lans[i];
        }
    }
    mp_raise_OSError(ENOMEM);
}

static void lan_set_mac(network_lan_obj_t *self, mp_obj_t mac) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(mac, &buffer, MP_BUFFER_READ);
    if (buffer.len != 6) {
        mp_raise_ValueError(MP_ERROR_TEXT("mac: 6 bytes"));
    }
    memcpy(self->mac, buffer.buf, 6);
    MICROPY_PY_LWIP_ENTER
    memcpy(self->netif.hwaddr, buffer.buf, 6); // lwIP makes no callback, as in WIZNET5K's config(mac=)
    MICROPY_PY_LWIP_EXIT
}

// LAN(tap="tap0", mac=None): an existing TAP device, given by its name. Without `mac` the MAC is derived from the
// device. The MAC of an active interface can be changed.
static mp_obj_t lan_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *all_args) {
    enum { ARG_tap, ARG_mac };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_tap, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_QSTR(MP_QSTR_tap0)} },
        { MP_QSTR_mac, MP_ARG_OBJ, {.u_rom_obj = MP_ROM_NONE} },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all_kw_array(n_args, n_kw, all_args, MP_ARRAY_SIZE(allowed_args), allowed_args, args);

    const char *tap = mp_obj_str_get_str(args[ARG_tap].u_obj);
    if (strlen(tap) == 0 || strlen(tap) >= IFNAMSIZ) {
        mp_raise_ValueError(MP_ERROR_TEXT("tap: 1 - 15 characters"));
    }
    network_lan_obj_t *self = lan_find(tap);
    if (self->base.type == NULL) {
        strcpy(self->tap, tap);
        self->handle = &self->netif;
        self->fd = -1;
        tap_open(self);
        tap_default_mac(self);
        MICROPY_PY_PENDSV_ENTER;
        self->base.type = type;
        MICROPY_PY_PENDSV_EXIT;
    }
    if (args[ARG_mac].u_obj != mp_const_none) {
        lan_set_mac(self, args[ARG_mac].u_obj);
    }
    return MP_OBJ_FROM_PTR(self);
}

static void lan_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    network_lan_obj_t *self = MP_OBJ_TO_PTR(self_in);
    char address[IP4ADDR_STRLEN_MAX];
    ip4addr_ntoa_r(netif_ip4_addr(&self->netif), address, sizeof(address));
    mp_printf(print, "<LAN %s %d %s>", self->tap, lan_netif_status(&self->netif), address);
}

static mp_obj_t lan_active(size_t n_args, const mp_obj_t *args) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    if (n_args == 1) {
        return mp_obj_new_bool(self->active);
    }
    lan_set_active(self, mp_obj_is_true(args[1]));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lan_active_obj, 1, 2, lan_active);

// Stops the interface and closes the TAP device. active(True) opens it again.
static mp_obj_t lan_deinit(mp_obj_t self_in) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(self_in);
    lan_set_active(self, false);
    MICROPY_PY_PENDSV_ENTER;
    if (self->fd >= 0) {
        close(self->fd);
        self->fd = -1;
    }
    MICROPY_PY_PENDSV_EXIT;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_deinit_obj, lan_deinit);

static mp_obj_t lan_isconnected(mp_obj_t self_in) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_bool(lan_netif_status(&self->netif) == STATUS_GOT_ADDRESS);
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_isconnected_obj, lan_isconnected);

static mp_obj_t lan_get_status(mp_obj_t self_in) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(self_in);
    return MP_OBJ_NEW_SMALL_INT(lan_netif_status(&self->netif));
}
static MP_DEFINE_CONST_FUN_OBJ_1(lan_get_status_obj, lan_get_status);

static mp_obj_t lan_ifconfig(size_t n_args, const mp_obj_t *args) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return mod_network_nic_ifconfig(&self->netif, n_args - 1, args + 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lan_ifconfig_obj, 1, 2, lan_ifconfig);

static mp_obj_t lan_ipconfig(size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return mod_network_nic_ipconfig(&self->netif, n_args - 1, args + 1, kwargs);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(lan_ipconfig_obj, 1, lan_ipconfig);

static mp_obj_t lan_config(mp_obj_t self_in, mp_obj_t name) {
    network_lan_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (mp_obj_str_get_qstr(name) != MP_QSTR_mac) {
        mp_raise_ValueError(MP_ERROR_TEXT("unknown config param"));
    }
    return mp_obj_new_bytes(self->mac, sizeof(self->mac));
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
