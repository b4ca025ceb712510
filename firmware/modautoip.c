// SPDX-License-Identifier: MIT
// The Python module `_autoip`. Link(nic) is a link that uses lwIP. lib/autoip/service.py describes links.

#include <string.h>

#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/netutils/netutils.h"

#include "netif/ethernet.h"

#include "link.h"
#include "netifs.h"
#include "port.h"

typedef struct _autoip_obj_t {
    mp_obj_base_t base;
    autoip_link_t *link; // NULL once it is closed
    mp_obj_t on_wake;
    mp_obj_t name;
} autoip_obj_t;

// The open objects, by the index of their link. The garbage collector doesn't follow these pointers. So when
// an object becomes unreachable, and at a soft reset, its finaliser closes it, and then its memory is freed.
static autoip_obj_t *objects[AUTOIP_LINKS];

/******************************************************************************/
// Waking Python

static mp_sched_node_t nodes[AUTOIP_LINKS];

// Ctrl-C and a soft reset are not exceptions of the callback. MicroPython raises them again in the interrupted program.
static bool is_exception(void *raised) {
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(((mp_obj_base_t *)raised)->type), MP_OBJ_FROM_PTR(&mp_type_Exception));
}

static void call_on_wake(mp_sched_node_t *node) {
    const autoip_obj_t *self = objects[node - nodes];
    if (self == NULL || self->on_wake == mp_const_none) {
        return; // the node was scheduled for a service that has been closed since
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

// Called in lwIP's context.
static void schedule(autoip_link_t *link) {
    mp_sched_schedule_node(&nodes[link - autoip_links], call_on_wake);
    autoip_port_wake();
}

/******************************************************************************/
// Link(nic)

typedef struct _open_t {
    mp_obj_t nic;
    bool wanted; // the caller wants a link, not only the name
    autoip_link_t *link;
    int error; // an errno, or 0
    mp_rom_error_text_t unfit; // why the interface cannot have a link, or NULL
    char name[3];
} open_t;

// A `network` object has a method active(). If `nic` is a class, such as network.LAN, MicroPython finds the function
// active(), but no self.
static void check_nic(mp_obj_t nic) {
    mp_obj_t method[2] = { MP_OBJ_NULL, MP_OBJ_NULL };
    if (nic != mp_const_none && !mp_obj_is_str(nic)) {
        mp_load_method_maybe(nic, MP_QSTR_active, method);
        if (method[1] == MP_OBJ_NULL) {
            mp_raise_TypeError(MP_ERROR_TEXT("nic: a network object, an lwIP name, or None"));
        }
    }
}

static struct netif *find_netif(mp_obj_t nic) {
    if (nic == mp_const_none) {
        return autoip_port_default();
    }
    if (mp_obj_is_str(nic)) {
        size_t len;
        const char *name = mp_obj_str_get_data(nic, &len);
        return len == 2 ? autoip_netif_find(name) : NULL;
    }
    return autoip_port_netif(nic);
}

// Without a MAC of its own a board can't detect conflicts, because the frames of another board with the same MAC look like
// its own echoes (RFC 5227 2.4).
static bool is_unicast_mac(const uint8_t *mac) {
    return !(mac[0] & 1) && memcmp(mac, &ethzero, ETH_HWADDR_LEN) != 0;
}

static void open_in_lwip(void *arg) {
    open_t *call = arg;
    struct netif *netif = find_netif(call->nic);
    // An interface that has been removed keeps its service, which is found by the name of the interface.
    if (netif == NULL || netif->name[0] == '\0' || (call->wanted && !autoip_netif_is_present(netif))) {
        call->error = MP_ENODEV;
        return;
    }
    memcpy(call->name, netif->name, sizeof(netif->name));
    if (!(netif->flags & NETIF_FLAG_ETHARP)) {
        // RFC 3927 1.3: link-local addresses need ARP. A point-to-point interface has no ARP.
        call->unfit = MP_ERROR_TEXT("nic: needs Ethernet and ARP");
    } else if (!is_unicast_mac(netif->hwaddr)) {
        call->unfit = MP_ERROR_TEXT("nic: MAC is zero or multicast; set it with config(mac=...)");
    } else if (call->wanted) {
        call->link = autoip_link_open(netif, schedule, &call->error);
    }
}

// Raises an OSError with an errno and a text.
static void raise_open_error(const open_t *call) {
    mp_rom_error_text_t text = MP_ERROR_TEXT("no active interface; call nic.active(True)");
    const char *name = call->name;
    if (call->error == MP_EALREADY) {
        text = MP_ERROR_TEXT("%s already has a service: autoip.get()");
    } else if (call->error != MP_ENODEV) {
        text = MP_ERROR_TEXT("all " MP_STRINGIFY(AUTOIP_LINKS) " services in use (AUTOIP_LINKS)");
    } else if (mp_obj_is_str(call->nic)) {
        text = MP_ERROR_TEXT("no interface '%s'");
        name = mp_obj_str_get_str(call->nic);
    }
    mp_obj_t described = mp_obj_new_exception_msg_varg(&mp_type_OSError, text, name);
    mp_obj_t args[] = { MP_OBJ_NEW_SMALL_INT(call->error), mp_obj_exception_get_value(described) };
    nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, MP_ARRAY_SIZE(args), args));
}

// Returns the interface's name as a qstr, because a qstr allocates memory only the first time.
static mp_obj_t open_netif(open_t *call) {
    check_nic(call->nic);
    autoip_port_run(open_in_lwip, call);
    if (call->error) {
        raise_open_error(call);
    }
    return mp_obj_new_str_via_qstr(call->name, 2);
}

static mp_obj_t link_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    autoip_obj_t *self = mp_obj_malloc_with_finaliser(autoip_obj_t, type);
    self->link = NULL;
    self->on_wake = mp_const_none;
    open_t call = { .nic = args[0], .wanted = true };
    self->name = open_netif(&call);
    if (call.unfit != NULL) {
        mp_raise_ValueError(call.unfit);
    }
    self->link = call.link;
    objects[self->link - autoip_links] = self;
    return MP_OBJ_FROM_PTR(self);
}

static void close_in_lwip(void *link) {
    autoip_link_close(link);
}

static mp_obj_t link_close(mp_obj_t self_in) {
    autoip_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->link != NULL) {
        objects[self->link - autoip_links] = NULL;
        autoip_port_run(close_in_lwip, self->link);
        self->link = NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(link_close_obj, link_close);

/******************************************************************************/
// The other methods of Link: they run in lwIP's context, and return the result to Python

enum {
    OP_MAC,
    OP_STATUS,
    OP_ROUTABLE,
    OP_COUNTS,
    OP_WATCH,
    OP_RECEIVE,
    OP_SEND,
    OP_ASSIGN,
    OP_SET_PREFIX,
    OP_RELEASE,
    OP_WAKE,
};

typedef struct _method_t {
    mp_obj_base_t base;
    uint8_t op;
    uint8_t frame; // MP_BUFFER_READ or _WRITE if it has a frame as an argument, or 0
    bool number; // it has a number as an argument
    bool closed; // true: on a closed link the method returns zeros; false: it raises ENODEV
} method_t;

typedef struct _call_t {
    autoip_link_t *link;
    uint8_t op;
    int number; // the argument, then the result
    uint8_t *frame;
    uint8_t mac[ETH_HWADDR_LEN];
    ip4_addr_t address;
    uint16_t counts[2];
} call_t;

static void call_in_lwip(void *arg) {
    call_t *call = arg;
    autoip_link_t *link = call->link;
    switch (call->op) {
        case OP_MAC:
            memcpy(call->mac, link->alias.main->hwaddr, sizeof(call->mac));
            break;
        case OP_STATUS:
            call->number = autoip_link_status(link);
            break;
        case OP_ROUTABLE:
            call->address = autoip_link_routable(link);
            break;
        case OP_COUNTS:
            call->counts[0] = link->dropped;
            call->counts[1] = link->malformed;
            break;
        case OP_WATCH:
            autoip_link_watch(link, call->number);
            break;
        case OP_RECEIVE:
            call->number = autoip_link_receive(link, call->frame);
            break;
        case OP_SEND:
            call->number = autoip_link_send(link, call->frame);
            break;
        case OP_ASSIGN:
            call->number = autoip_link_assign(link, call->frame);
            break;
        case OP_SET_PREFIX:
            autoip_link_set_prefix(link, call->number);
            break;
        case OP_RELEASE:
            autoip_link_release(link);
            break;
        case OP_WAKE:
            autoip_link_wake(link, call->number);
            break;
    }
}

static void *get_frame(mp_obj_t frame_in, mp_uint_t flags) {
    mp_buffer_info_t frame;
    mp_get_buffer_raise(frame_in, &frame, flags);
    if (frame.len < AUTOIP_FRAME) {
        mp_raise_ValueError(NULL);
    }
    return frame.buf;
}

static mp_obj_t method_call(mp_obj_t method_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    const method_t *method = MP_OBJ_TO_PTR(method_in);
    size_t wanted = 1 + (method->frame != 0) + method->number;
    mp_arg_check_num(n_args, n_kw, wanted, wanted, false);
    call_t call = { .link = ((autoip_obj_t *)MP_OBJ_TO_PTR(args[0]))->link, .op = method->op };
    if (method->frame) {
        call.frame = get_frame(args[1], method->frame);
    }
    if (method->number) {
        call.number = mp_obj_get_int(args[n_args - 1]);
    }
    if (call.link != NULL) {
        autoip_port_run(call_in_lwip, &call);
    } else if (!method->closed) {
        mp_raise_OSError(MP_ENODEV);
    }
    if (method->op == OP_MAC) {
        return mp_obj_new_bytes(call.mac, sizeof(call.mac));
    }
    if (method->op == OP_ROUTABLE) {
        bool is_none = ip4_addr_isany_val(call.address);
        return is_none ? mp_const_none : netutils_format_ipv4_addr((uint8_t *)&call.address, NETUTILS_BIG);
    }
    if (method->op == OP_COUNTS) {
        mp_obj_t items[] = { MP_OBJ_NEW_SMALL_INT(call.counts[0]), MP_OBJ_NEW_SMALL_INT(call.counts[1]) };
        return mp_obj_new_tuple(2, items);
    }
    return MP_OBJ_NEW_SMALL_INT(call.number);
}

// With these flags, which MicroPython's own functions also have, MicroPython binds self and checks that self
// is a Link.
static MP_DEFINE_CONST_OBJ_TYPE(
    method_type,
    MP_QSTR_function,
    MP_TYPE_FLAG_BINDS_SELF | MP_TYPE_FLAG_BUILTIN_FUN,
    call, method_call
    );

static const method_t link_mac = { { &method_type }, .op = OP_MAC };
static const method_t link_status = { { &method_type }, .op = OP_STATUS, .closed = true };
static const method_t link_routable = { { &method_type }, .op = OP_ROUTABLE, .closed = true };
static const method_t link_counts = { { &method_type }, .op = OP_COUNTS, .closed = true };
static const method_t link_watch = { { &method_type }, .op = OP_WATCH, .number = true };
static const method_t link_receive = { { &method_type }, .op = OP_RECEIVE, .frame = MP_BUFFER_WRITE, .closed = true };
static const method_t link_send = { { &method_type }, .op = OP_SEND, .frame = MP_BUFFER_READ };
static const method_t link_assign = { { &method_type }, .op = OP_ASSIGN, .frame = MP_BUFFER_READ };
static const method_t link_set_prefix = { { &method_type }, .op = OP_SET_PREFIX, .number = true };
static const method_t link_release = { { &method_type }, .op = OP_RELEASE };
static const method_t link_wake = { { &method_type }, .op = OP_WAKE, .number = true };

/******************************************************************************/
// The attributes of Link

#if AUTOIP_RESPONDER

typedef struct _host_name_t {
    const autoip_link_t *link;
    char text[AUTOIP_RESPONDER_NAME];
} host_name_t;

static void host_name_in_lwip(void *arg) {
    host_name_t *name = arg;
    autoip_responder_name(&name->link->responder, name->text);
}

// The name in lwIP's responder, "name.local".
static mp_obj_t host_name(const autoip_link_t *link) {
    host_name_t name = { .link = link };
    autoip_port_run(host_name_in_lwip, &name);
    vstr_t text;
    vstr_init(&text, sizeof(name.text) + sizeof(".local"));
    vstr_add_str(&text, name.text);
    vstr_add_str(&text, ".local");
    return mp_obj_new_str_from_vstr(&text);
}

#endif

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
        dest[0] = self->name;
        #if AUTOIP_RESPONDER
    } else if (attr == MP_QSTR_hostname && self->link != NULL) {
        dest[0] = host_name(self->link);
        #endif
    } else {
        dest[1] = MP_OBJ_SENTINEL; // look among the methods
    }
}

static const mp_rom_map_elem_t link_locals_dict_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&link_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&link_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_mac), MP_ROM_PTR(&link_mac) },
    { MP_ROM_QSTR(MP_QSTR_status), MP_ROM_PTR(&link_status) },
    { MP_ROM_QSTR(MP_QSTR_routable), MP_ROM_PTR(&link_routable) },
    { MP_ROM_QSTR(MP_QSTR_counts), MP_ROM_PTR(&link_counts) },
    { MP_ROM_QSTR(MP_QSTR_watch), MP_ROM_PTR(&link_watch) },
    { MP_ROM_QSTR(MP_QSTR_receive), MP_ROM_PTR(&link_receive) },
    { MP_ROM_QSTR(MP_QSTR_send), MP_ROM_PTR(&link_send) },
    { MP_ROM_QSTR(MP_QSTR_assign), MP_ROM_PTR(&link_assign) },
    { MP_ROM_QSTR(MP_QSTR_set_prefix), MP_ROM_PTR(&link_set_prefix) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&link_release) },
    { MP_ROM_QSTR(MP_QSTR_wake), MP_ROM_PTR(&link_wake) },
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

// name(nic=None): the short name of an interface, which identifies its service.
static mp_obj_t autoip_name(mp_obj_t nic) {
    open_t call = { .nic = nic };
    return open_netif(&call);
}
static MP_DEFINE_CONST_FUN_OBJ_1(autoip_name_obj, autoip_name);

// refuse_callback() raises RuntimeError in a callback of the scheduler, because no other scheduled function
// runs until the callback returns. A callback in another thread also locks the scheduler, but soon returns.
// So this waits up to 50 ms until the scheduler is not locked.
static mp_obj_t autoip_refuse_callback(void) {
    for (int tries = 10; MP_STATE_VM(sched_state) < 0; --tries) {
        if (tries == 0) {
            mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("not allowed in a callback"));
        }
        mp_hal_delay_ms(5);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(autoip_refuse_callback_obj, autoip_refuse_callback);

static const mp_rom_map_elem_t autoip_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__autoip) },
    { MP_ROM_QSTR(MP_QSTR_Link), MP_ROM_PTR(&link_type) },
    { MP_ROM_QSTR(MP_QSTR_name), MP_ROM_PTR(&autoip_name_obj) },
    { MP_ROM_QSTR(MP_QSTR_refuse_callback), MP_ROM_PTR(&autoip_refuse_callback_obj) },
};
static MP_DEFINE_CONST_DICT(autoip_globals, autoip_globals_table);

const mp_obj_module_t autoip_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&autoip_globals,
};

MP_REGISTER_MODULE(MP_QSTR__autoip, autoip_module);
