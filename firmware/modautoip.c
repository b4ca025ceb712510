// SPDX-License-Identifier: MIT
// The Python module `_autoip`: Link(nic), the link contract of lib/autoip/service.py over lwIP.

#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "lwip/prot/ethernet.h"

#include "link.h"
#include "port.h"

typedef struct _autoip_obj_t {
    mp_obj_base_t base;
    autoip_link_t *link; // NULL once it is closed
    mp_obj_t on_wake;
    char name[2];
    struct _autoip_obj_t *next; // of those that are not closed
} autoip_obj_t;

// The objects are found from the scheduler here. A soft reset runs their finalisers, which empty this list, before
// the heap goes.
MP_REGISTER_ROOT_POINTER(struct _autoip_obj_t *autoip_objects);

/******************************************************************************/
// lwIP's context

typedef struct _call_t {
    autoip_link_t *link;
    int number;
    uint8_t *buffer;
} call_t;

// Have function(call) run in lwIP's context, with what Python gave; its results are in `call` afterwards.
static void in_lwip(void (*function)(call_t *), call_t *call) {
    autoip_port_run((void (*)(void *))function, call);
}

/******************************************************************************/
// Waking Python

static mp_sched_node_t nodes[AUTOIP_LINKS];

// Ctrl-C and a soft reset are not ours: they go on to the program that we interrupted.
static bool is_exception(void *raised) {
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(((mp_obj_base_t *)raised)->type), MP_OBJ_FROM_PTR(&mp_type_Exception));
}

static void call_on_wake(mp_sched_node_t *node) {
    const autoip_link_t *link = &autoip_links[node - nodes];
    autoip_obj_t *self = MP_STATE_VM(autoip_objects);
    while (self != NULL && self->link != link) {
        self = self->next;
    }
    if (self == NULL || self->on_wake == mp_const_none) {
        return; // the scheduler held the node of a service that is no more
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_call_function_0(self->on_wake);
        nlr_pop();
    } else if (is_exception(nlr.ret_val)) {
        mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
    } else {
        mp_sched_exception(MP_OBJ_FROM_PTR(nlr.ret_val));
    }
}

// lwIP's context.
static void schedule(autoip_link_t *link) {
    mp_sched_schedule_node(&nodes[link - autoip_links], call_on_wake);
    autoip_port_wake();
}

/******************************************************************************/
// Link(nic)

typedef struct _open_t {
    mp_obj_t nic;
    bool wanted; // a link, and not only the name
    autoip_link_t *link;
    int error; // an errno, or 0
    bool has_arp;
    bool has_mac;
    char name[2];
} open_t;

static struct netif *find_netif(mp_obj_t nic) {
    if (nic == mp_const_none) {
        return autoip_port_default();
    }
    if (mp_obj_is_str(nic)) {
        size_t len;
        const char *name = mp_obj_str_get_data(nic, &len);
        return len == 2 ? autoip_link_find_netif(name) : NULL;
    }
    return autoip_port_netif(nic);
}

// Boards with the same MAC cannot be told apart: their conflicts look like echoes (RFC 5227 2.4).
static bool is_mac_of_one(const uint8_t *mac) {
    static const uint8_t none[ETH_HWADDR_LEN];
    return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

static void open_in_lwip(void *arg) {
    open_t *call = arg;
    struct netif *netif = find_netif(call->nic);
    // An interface that was removed keeps its service, which is found by its name.
    if (netif == NULL || netif->name[0] == '\0' || (call->wanted && !autoip_link_is_present(netif))) {
        call->error = MP_ENODEV;
        return;
    }
    memcpy(call->name, netif->name, sizeof(call->name));
    call->has_arp = netif->flags & NETIF_FLAG_ETHARP;
    call->has_mac = is_mac_of_one(netif->hwaddr);
    if (call->wanted && call->has_arp && call->has_mac) {
        call->link = autoip_link_open(netif, schedule, &call->error);
    }
}

static void open_netif(open_t *call) {
    autoip_port_run(open_in_lwip, call);
    if (call->error) {
        mp_raise_OSError(call->error);
    }
}

static mp_obj_t new_name(const char name[2]) {
    // As a qstr it takes no heap each time.
    return mp_obj_new_str_via_qstr(name, 2);
}

static mp_obj_t link_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    autoip_obj_t *self = mp_obj_malloc_with_finaliser(autoip_obj_t, type);
    self->link = NULL;
    self->on_wake = mp_const_none;
    open_t call = { .nic = args[0], .wanted = true };
    open_netif(&call);
    // RFC 3927 1.3: link-local addresses need ARP. A point-to-point interface has none.
    if (!call.has_arp) {
        mp_raise_ValueError(MP_ERROR_TEXT("nic: an interface with Ethernet and ARP"));
    }
    if (!call.has_mac) {
        mp_raise_ValueError(MP_ERROR_TEXT("nic: its MAC is zero or a group's, set it by config(mac=)"));
    }
    memcpy(self->name, call.name, sizeof(self->name));
    self->link = call.link;
    self->next = MP_STATE_VM(autoip_objects);
    MP_STATE_VM(autoip_objects) = self;
    return MP_OBJ_FROM_PTR(self);
}

static void close_in_lwip(call_t *call) {
    autoip_link_close(call->link);
}

static mp_obj_t link_close(mp_obj_t self_in) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->link != NULL) {
        autoip_obj_t **each = &MP_STATE_VM(autoip_objects);
        while (*each != self) {
            each = &(*each)->next;
        }
        *each = self->next;
        in_lwip(close_in_lwip, &(call_t) { .link = self->link });
        self->link = NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_close_obj, link_close);

/******************************************************************************/
// Its methods: what Python gives goes to lwIP's context, and what is found there comes back

// 0 if it is closed.
static int run_if_open(mp_obj_t self_in, void (*function)(call_t *), int number, void *buffer) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->link == NULL) {
        return 0;
    }
    call_t call = { self->link, number, buffer };
    in_lwip(function, &call);
    return call.number;
}

static int run_on_link(mp_obj_t self_in, void (*function)(call_t *), int number, void *buffer) {
    if (((autoip_obj_t *)MP_OBJ_TO_PTR(self_in))->link == NULL) {
        mp_raise_OSError(MP_ENODEV);
    }
    return run_if_open(self_in, function, number, buffer);
}

static void *get_frame(mp_obj_t frame_in, mp_uint_t flags) {
    mp_buffer_info_t frame;
    mp_get_buffer_raise(frame_in, &frame, flags);
    if (frame.len < AUTOIP_FRAME) {
        mp_raise_ValueError(NULL);
    }
    return frame.buf;
}

static void mac_in_lwip(call_t *call) {
    memcpy(call->buffer, call->link->netif->hwaddr, ETH_HWADDR_LEN);
}

static mp_obj_t link_mac(mp_obj_t self_in) {
    uint8_t mac[ETH_HWADDR_LEN];
    run_on_link(self_in, mac_in_lwip, 0, mac);
    return mp_obj_new_bytes(mac, sizeof(mac));
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_mac_obj, link_mac);

static void status_in_lwip(call_t *call) {
    call->number = autoip_link_status(call->link);
}

static mp_obj_t link_status(mp_obj_t self_in) {
    return MP_OBJ_NEW_SMALL_INT(run_if_open(self_in, status_in_lwip, 0, NULL));
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_status_obj, link_status);

static void counts_in_lwip(call_t *call) {
    uint16_t *counts = (uint16_t *)call->buffer;
    counts[0] = call->link->dropped;
    counts[1] = call->link->malformed;
}

static mp_obj_t link_counts(mp_obj_t self_in) {
    uint16_t counts[2] = { 0, 0 };
    run_if_open(self_in, counts_in_lwip, 0, counts);
    mp_obj_t items[] = { MP_OBJ_NEW_SMALL_INT(counts[0]), MP_OBJ_NEW_SMALL_INT(counts[1]) };
    return mp_obj_new_tuple(2, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_counts_obj, link_counts);

static void watch_in_lwip(call_t *call) {
    autoip_link_watch(call->link, call->number);
}

static mp_obj_t link_watch(mp_obj_t self_in, mp_obj_t host) {
    run_on_link(self_in, watch_in_lwip, mp_obj_get_int(host), NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_watch_obj, link_watch);

static void receive_in_lwip(call_t *call) {
    call->number = autoip_link_receive(call->link, call->buffer);
}

static mp_obj_t link_receive(mp_obj_t self_in, mp_obj_t frame) {
    return MP_OBJ_NEW_SMALL_INT(run_if_open(self_in, receive_in_lwip, 0, get_frame(frame, MP_BUFFER_WRITE)));
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_receive_obj, link_receive);

static void send_in_lwip(call_t *call) {
    call->number = autoip_link_send(call->link, call->buffer);
}

static mp_obj_t link_send(mp_obj_t self_in, mp_obj_t frame) {
    return mp_obj_new_bool(run_on_link(self_in, send_in_lwip, 0, get_frame(frame, MP_BUFFER_READ)));
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_send_obj, link_send);

static void set_prefix_in_lwip(call_t *call) {
    autoip_link_set_prefix(call->link, call->number);
}

static mp_obj_t link_set_prefix(mp_obj_t self_in, mp_obj_t prefix) {
    run_on_link(self_in, set_prefix_in_lwip, mp_obj_get_int(prefix), NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_set_prefix_obj, link_set_prefix);

static void assign_in_lwip(call_t *call) {
    autoip_link_set_prefix(call->link, call->number);
    call->number = autoip_link_assign(call->link, call->buffer);
}

static mp_obj_t link_assign(mp_obj_t self_in, mp_obj_t frame, mp_obj_t prefix) {
    return mp_obj_new_bool(run_on_link(self_in, assign_in_lwip, mp_obj_get_int(prefix), get_frame(frame, MP_BUFFER_READ)));
}
static MP_DEFINE_CONST_FUN_OBJ_3(link_assign_obj, link_assign);

static void release_in_lwip(call_t *call) {
    autoip_link_release(call->link);
}

static mp_obj_t link_release(mp_obj_t self_in) {
    run_on_link(self_in, release_in_lwip, 0, NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_release_obj, link_release);

static void wake_in_lwip(call_t *call) {
    autoip_link_wake(call->link, call->number);
}

static mp_obj_t link_wake(mp_obj_t self_in, mp_obj_t ms) {
    run_on_link(self_in, wake_in_lwip, mp_obj_get_int(ms), NULL);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_wake_obj, link_wake);

static void link_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_SENTINEL) {
        if (attr == MP_QSTR_on_wake && dest[1] != MP_OBJ_NULL) {
            self->on_wake = dest[1];
            dest[0] = MP_OBJ_NULL;
        }
    } else if (attr == MP_QSTR_on_wake) {
        dest[0] = self->on_wake;
    } else if (attr == MP_QSTR_name) {
        dest[0] = new_name(self->name);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // look among the methods
    }
}

static const mp_rom_map_elem_t link_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&link_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&link_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_mac), MP_ROM_PTR(&link_mac_obj) },
    { MP_ROM_QSTR(MP_QSTR_status), MP_ROM_PTR(&link_status_obj) },
    { MP_ROM_QSTR(MP_QSTR_counts), MP_ROM_PTR(&link_counts_obj) },
    { MP_ROM_QSTR(MP_QSTR_watch), MP_ROM_PTR(&link_watch_obj) },
    { MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&link_receive_obj) },
    { MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&link_send_obj) },
    { MP_ROM_QSTR(MP_QSTR_assign), MP_ROM_PTR(&link_assign_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_prefix), MP_ROM_PTR(&link_set_prefix_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&link_release_obj) },
    { MP_ROM_QSTR(MP_QSTR_wake), MP_ROM_PTR(&link_wake_obj) },
};
static MP_DEFINE_CONST_DICT(link_locals_dict, link_locals_dict_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    link_type,
    MP_QSTR_Link,
    MP_TYPE_FLAG_NONE,
    make_new, link_make_new,
    attr, link_attr,
    locals_dict, &link_locals_dict
    );

/******************************************************************************/
// Module

// name(nic=None): the short name of an interface, by which services are told apart.
static mp_obj_t autoip_name(mp_obj_t nic) {
    open_t call = { .nic = nic };
    open_netif(&call);
    return new_name(call.name);
}
static MP_DEFINE_CONST_FUN_OBJ_1(autoip_name_obj, autoip_name);

static const mp_rom_map_elem_t autoip_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__autoip) },
    { MP_ROM_QSTR(MP_QSTR_Link), MP_ROM_PTR(&link_type) },
    { MP_ROM_QSTR(MP_QSTR_name), MP_ROM_PTR(&autoip_name_obj) },
};
static MP_DEFINE_CONST_DICT(autoip_globals, autoip_globals_table);

const mp_obj_module_t autoip_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&autoip_globals,
};

MP_REGISTER_MODULE(MP_QSTR__autoip, autoip_module);
