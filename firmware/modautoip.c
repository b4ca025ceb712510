// The Python module `_autoip`: Link(nic), the link contract of lib/autoip/service.py over lwIP.

#include "py/mperrno.h"
#include "py/runtime.h"

#include "autoip.h"

typedef struct _autoip_obj_t {
    mp_obj_base_t base;
    autoip_link_t *link; // NULL once it is closed
    mp_obj_t on_wake;
} autoip_obj_t;

// The objects are found from the scheduler here. A soft reset runs their finalisers, which empty
// this table, before the heap goes.
MP_REGISTER_ROOT_POINTER(mp_obj_t autoip_objects[2]);
_Static_assert(AUTOIP_LINKS <= MP_ARRAY_SIZE(MP_STATE_VM(autoip_objects)), "one object a link");

/******************************************************************************/
// Waking Python

// Ctrl-C and a soft reset are not ours: they go on to the program that we interrupted.
static bool is_exception(void *raised) {
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(((mp_obj_base_t *)raised)->type), MP_OBJ_FROM_PTR(&mp_type_Exception));
}

static void call_on_wake(mp_sched_node_t *node) {
    autoip_link_t *link = (autoip_link_t *)((char *)node - offsetof(autoip_link_t, node));
    mp_obj_t object = MP_STATE_VM(autoip_objects)[link - autoip_links];
    if (link->netif == NULL || object == MP_OBJ_NULL) {
        return;
    }
    autoip_obj_t *self = MP_OBJ_TO_PTR(object);
    if (self->on_wake == mp_const_none) {
        return;
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

void autoip_schedule(autoip_link_t *link) {
    mp_sched_schedule_node(&link->node, call_on_wake);
    autoip_port_wake();
}

/******************************************************************************/
// Link

static struct netif *get_netif(mp_obj_t nic) {
    struct netif *netif;
    if (nic == mp_const_none) {
        netif = autoip_port_default();
    } else if (mp_obj_is_str(nic)) {
        size_t len;
        const char *name = mp_obj_str_get_data(nic, &len);
        netif = autoip_find_netif(name, len);
    } else {
        netif = autoip_port_netif(nic);
    }
    if (netif == NULL || netif->name[0] == '\0') {
        mp_raise_OSError(MP_ENODEV);
    }
    return netif;
}

static mp_obj_t name_of(const struct netif *netif) {
    // As a qstr it takes no heap each time.
    return mp_obj_new_str_via_qstr(netif->name, 2);
}

static autoip_link_t *get_link(mp_obj_t self_in) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->link == NULL) {
        mp_raise_OSError(MP_ENODEV);
    }
    return self->link;
}

static mp_obj_t link_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    struct netif *netif = get_netif(args[0]);
    if (!autoip_is_active(netif)) {
        mp_raise_OSError(MP_ENODEV);
    }
    // RFC 3927 1.3: link-local addresses need ARP. A point-to-point interface has none.
    if (!(netif->flags & NETIF_FLAG_ETHARP)) {
        mp_raise_ValueError(MP_ERROR_TEXT("nic: an interface with Ethernet and ARP"));
    }
    for (size_t i = 0; i < AUTOIP_LINKS; ++i) {
        if (autoip_links[i].netif == netif) {
            mp_raise_OSError(MP_EALREADY);
        }
    }
    autoip_obj_t *self = mp_obj_malloc_with_finaliser(autoip_obj_t, type);
    self->on_wake = mp_const_none;
    self->link = autoip_link_open(netif);
    if (self->link == NULL) {
        mp_raise_OSError(MP_ENOMEM);
    }
    MP_STATE_VM(autoip_objects)[self->link - autoip_links] = MP_OBJ_FROM_PTR(self);
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t link_close(mp_obj_t self_in) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->link != NULL) {
        MP_STATE_VM(autoip_objects)[self->link - autoip_links] = MP_OBJ_NULL;
        autoip_link_close(self->link);
        self->link = NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_close_obj, link_close);

static mp_obj_t link_watch(mp_obj_t self_in, mp_obj_t host) {
    autoip_link_watch(get_link(self_in), mp_obj_get_int(host));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_watch_obj, link_watch);

static mp_obj_t link_receive(mp_obj_t self_in, mp_obj_t buffer_in) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    size_t len = self->link == NULL ? 0 : autoip_link_receive(self->link, buffer.buf, buffer.len);
    return MP_OBJ_NEW_SMALL_INT(len);
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_receive_obj, link_receive);

static mp_obj_t link_is_claimed(mp_obj_t self_in, mp_obj_t frame_in) {
    mp_buffer_info_t frame;
    mp_get_buffer_raise(frame_in, &frame, MP_BUFFER_READ);
    return mp_obj_new_bool(frame.len >= AUTOIP_FRAME && autoip_link_is_claimed(get_link(self_in), frame.buf));
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_is_claimed_obj, link_is_claimed);

static mp_obj_t link_send(mp_obj_t self_in, mp_obj_t frame_in) {
    mp_buffer_info_t frame;
    mp_get_buffer_raise(frame_in, &frame, MP_BUFFER_READ);
    return mp_obj_new_bool(autoip_link_send(get_link(self_in), frame.buf, frame.len));
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_send_obj, link_send);

static mp_obj_t link_wake(mp_obj_t self_in, mp_obj_t ms) {
    autoip_link_wake(get_link(self_in), mp_obj_get_int(ms));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(link_wake_obj, link_wake);

// With `narrow` the netmask is /32, so that routing passes the address by.
static mp_obj_t link_assign(mp_obj_t self_in, mp_obj_t host, mp_obj_t narrow) {
    autoip_link_assign(get_link(self_in), mp_obj_get_int(host), mp_obj_is_true(narrow));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(link_assign_obj, link_assign);

static mp_obj_t link_release(mp_obj_t self_in) {
    autoip_link_release(get_link(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_release_obj, link_release);

static void link_load(autoip_obj_t *self, qstr attr, mp_obj_t *dest) {
    autoip_link_t *link = self->link;
    switch (attr) {
        case MP_QSTR_mac:
            dest[0] = mp_obj_new_bytes(get_link(MP_OBJ_FROM_PTR(self))->netif->hwaddr, 6);
            break;
        case MP_QSTR_name:
            dest[0] = name_of(get_link(MP_OBJ_FROM_PTR(self))->netif);
            break;
        case MP_QSTR_status:
            dest[0] = MP_OBJ_NEW_SMALL_INT(link == NULL ? 0 : autoip_link_status(link));
            break;
        case MP_QSTR_drops:
            dest[0] = MP_OBJ_NEW_SMALL_INT(link == NULL ? 0 : link->drops);
            break;
        case MP_QSTR_on_wake:
            dest[0] = self->on_wake;
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL; // look among the methods
            break;
    }
}

static void link_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL) {
        link_load(self, attr, dest);
    } else if (attr == MP_QSTR_on_wake && dest[1] != MP_OBJ_NULL) {
        self->on_wake = dest[1];
        dest[0] = MP_OBJ_NULL;
    }
}

static const mp_rom_map_elem_t link_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&link_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&link_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_watch), MP_ROM_PTR(&link_watch_obj) },
    { MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&link_receive_obj) },
    { MP_ROM_QSTR(MP_QSTR_is_claimed), MP_ROM_PTR(&link_is_claimed_obj) },
    { MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&link_send_obj) },
    { MP_ROM_QSTR(MP_QSTR_wake), MP_ROM_PTR(&link_wake_obj) },
    { MP_ROM_QSTR(MP_QSTR_assign), MP_ROM_PTR(&link_assign_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&link_release_obj) },
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
    return name_of(get_netif(nic));
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
