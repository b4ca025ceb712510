// SPDX-License-Identifier: MIT
// The interfaces of network.LAN, as on esp32: ESP-IDF's esp_netif is between the driver and lwIP, and MicroPython
// stores a status of its own for each interface. What a program sees of an interface depends on which of the two
// handles an event first. The events, the order of the calls and the stored values are those of IDF 5.4 and 5.5. IDF
// 5.3 differs in two ways: it keeps a removed address in `ip_info`, and it does not change the default interface when
// an interface gets an address.

#include <pthread.h>
#include <string.h>

#include "py/runtime.h"
#include "extmod/modnetwork.h"
#include "shared/netutils/netutils.h"

#include "lwip/apps/mdns.h"
#include "lwip/dns.h"
#include "lwip/tcpip.h"

#include "esp_netif.h"
#include "lan_netif.h"

#define INTERFACES (4)
#define EVENTS (32) // the number of events that can wait; as in IDF, a new event is lost if the queue is full

// IDF's priorities for the default interface. The first interface has the priority of a station, the others have the
// priority of Ethernet.
#define PRIORITY_FIRST (100)
#define PRIORITY_OTHERS (50)

typedef enum _dhcp_client_t {
    DHCP_INIT, // it has been started while the link was down
    DHCP_STARTED,
    DHCP_STOPPED,
} dhcp_client_t;

typedef struct _interface_t {
    struct netif *netif; // NULL: this slot is free
    esp_netif_ip_info_t ip_info; // the last address, or the address to set when the link comes up
    dhcp_client_t dhcp;
    int priority;
    bool linked; // as the driver reported it
    int status; // MicroPython's status, STATUS_... of lan_netif.h
} interface_t;

static interface_t interfaces[INTERFACES];
static interface_t *default_interface;

static interface_t *find(const struct netif *netif) {
    for (interface_t *each = interfaces; each < interfaces + INTERFACES; ++each) {
        if (each->netif == netif) {
            return each;
        }
    }
    return NULL;
}

/******************************************************************************/
// Events: posted by the driver and in lwIP's context, handled in their own task

typedef enum _event_kind_t {
    EVENT_CONNECTED,
    EVENT_DISCONNECTED,
    EVENT_GOT_IP,
} event_kind_t;

typedef struct _event_t {
    interface_t *interface;
    event_kind_t kind;
} event_t;

static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t posted = PTHREAD_COND_INITIALIZER;
static event_t events[EVENTS]; // oldest first
static size_t waiting;

static void post(interface_t *interface, event_kind_t kind) {
    pthread_mutex_lock(&events_lock);
    if (waiting < EVENTS) {
        events[waiting++] = (event_t) { interface, kind };
        pthread_cond_signal(&posted);
    }
    pthread_mutex_unlock(&events_lock);
}

static bool take(event_t *event) {
    pthread_mutex_lock(&events_lock);
    bool taken = waiting > 0;
    if (taken) {
        *event = events[0];
        memmove(&events[0], &events[1], --waiting * sizeof(events[0]));
    }
    pthread_mutex_unlock(&events_lock);
    return taken;
}

static void drop_events_of(const interface_t *interface) {
    pthread_mutex_lock(&events_lock);
    size_t kept = 0;
    for (size_t i = 0; i < waiting; ++i) {
        if (events[i].interface != interface) {
            events[kept++] = events[i];
        }
    }
    waiting = kept;
    pthread_mutex_unlock(&events_lock);
}

/******************************************************************************/
// The default interface

static void set_default(interface_t *interface) {
    default_interface = interface;
    netif_set_default(interface->netif);
}

static void compete_for_default(interface_t *interface) {
    bool beaten = default_interface != NULL && netif_is_up(default_interface->netif)
        && default_interface->priority > interface->priority;
    if (!beaten && netif_is_up(interface->netif)) {
        set_default(interface);
    }
}

// As in IDF, the interface must be up, but it need not have an address.
static void choose_default(void) {
    default_interface = NULL;
    for (interface_t *each = interfaces; each < interfaces + INTERFACES; ++each) {
        if (each->netif != NULL && netif_is_up(each->netif)
            && (default_interface == NULL || each->priority > default_interface->priority)) {
            set_default(each);
        }
    }
}

/******************************************************************************/
// esp_netif, in lwIP's context

static void reset_ip_info(interface_t *interface) {
    memset(&interface->ip_info, 0, sizeof(interface->ip_info));
}

static esp_netif_ip_info_t ip_info_of(const struct netif *netif) {
    return (esp_netif_ip_info_t) { *netif_ip4_addr(netif), *netif_ip4_netmask(netif), *netif_ip4_gw(netif) };
}

#define IPV4_CHANGED (LWIP_NSC_IPV4_SETTINGS_CHANGED | LWIP_NSC_IPV4_ADDRESS_CHANGED | LWIP_NSC_IPV4_NETMASK_CHANGED \
    | LWIP_NSC_IPV4_GATEWAY_CHANGED)

static void on_netif_change(struct netif *netif, netif_nsc_reason_t reason, const netif_ext_callback_args_t *args) {
    (void)args;
    interface_t *interface = find(netif);
    if (interface == NULL || !(reason & IPV4_CHANGED)) {
        return;
    }
    esp_netif_ip_info_t now = ip_info_of(netif);
    if (ip4_addr_isany_val(now.ip)) {
        if (interface->dhcp == DHCP_STARTED) {
            reset_ip_info(interface);
        }
    } else if (memcmp(&now, &interface->ip_info, sizeof(now)) != 0) {
        interface->ip_info = now;
        compete_for_default(interface);
        post(interface, EVENT_GOT_IP);
    }
}

static void start_dhcp(interface_t *interface) {
    struct netif *netif = interface->netif;
    if (interface->dhcp == DHCP_STARTED) {
        return;
    }
    reset_ip_info(interface);
    if (!netif_is_up(netif)) {
        interface->dhcp = DHCP_INIT;
        return;
    }
    // As in IDF, no callback reports that this removes the address.
    ip_addr_set_zero_ip4(&netif->ip_addr);
    ip_addr_set_zero_ip4(&netif->netmask);
    ip_addr_set_zero_ip4(&netif->gw);
    dhcp_start(netif);
    interface->dhcp = DHCP_STARTED;
}

static void stop_dhcp(interface_t *interface) {
    if (interface->dhcp == DHCP_STARTED) {
        dhcp_stop(interface->netif);
        reset_ip_info(interface);
    }
    interface->dhcp = DHCP_STOPPED;
}

// The last address, or a static address, is used again at once.
static void up(interface_t *interface) {
    struct netif *netif = interface->netif;
    const esp_netif_ip_info_t *info = &interface->ip_info;
    netif_set_addr(netif, &info->ip, &info->netmask, &info->gw);
    netif_set_up(netif);
    netif_set_link_up(netif);
    netif_create_ip6_linklocal_address(netif, 1);
    if (interface->dhcp == DHCP_STOPPED) {
        compete_for_default(interface);
        if (!ip4_addr_isany_val(info->ip)) {
            post(interface, EVENT_GOT_IP);
        }
    } else {
        start_dhcp(interface);
    }
}

// The address is removed while the interface still counts as up.
static void down(interface_t *interface) {
    struct netif *netif = interface->netif;
    if (interface->dhcp == DHCP_STARTED) {
        dhcp_stop(netif);
        interface->dhcp = DHCP_INIT;
        reset_ip_info(interface);
    }
    netif_set_addr(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4);
    netif_set_down(netif);
    netif_set_link_down(netif);
    choose_default();
}

esp_err_t esp_netif_get_ip_info(esp_netif_t *netif, esp_netif_ip_info_t *ip_info) {
    const interface_t *interface = find(netif);
    if (interface == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    *ip_info = netif_is_up(netif) ? ip_info_of(netif) : interface->ip_info;
    return ESP_OK;
}

esp_err_t esp_netif_set_ip_info(esp_netif_t *netif, const esp_netif_ip_info_t *ip_info) {
    interface_t *interface = find(netif);
    if (interface == NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    if (interface->dhcp != DHCP_STOPPED) {
        return ESP_ERR_ESP_NETIF_DHCP_NOT_STOPPED;
    }
    for (int i = 0; i < DNS_MAX_SERVERS; ++i) {
        dns_setserver(i, NULL);
    }
    interface->ip_info = *ip_info;
    if (netif_is_up(netif)) {
        netif_set_addr(netif, &ip_info->ip, &ip_info->netmask, &ip_info->gw);
        if (!ip4_addr_isany_val(ip_info->ip)) {
            compete_for_default(interface);
            post(interface, EVENT_GOT_IP);
        }
    }
    return ESP_OK;
}

/******************************************************************************/
// The handlers of the events: first MicroPython's status, then esp_netif

static void handle(const event_t *event) {
    interface_t *interface = event->interface;
    switch (event->kind) {
        case EVENT_CONNECTED:
            interface->status = STATUS_NO_ADDRESS;
            up(interface);
            break;
        case EVENT_DISCONNECTED:
            interface->status = STATUS_NO_LINK;
            down(interface);
            break;
        case EVENT_GOT_IP:
            interface->status = STATUS_GOT_ADDRESS;
            break;
    }
}

static void *run_events(void *arg) {
    (void)arg;
    for (;;) {
        pthread_mutex_lock(&events_lock);
        while (waiting == 0) {
            pthread_cond_wait(&posted, &events_lock);
        }
        pthread_mutex_unlock(&events_lock);
        event_t event;
        task_lock_lwip();
        if (take(&event)) {
            handle(&event);
        }
        task_unlock_lwip();
    }
    return NULL;
}

void esp_netif_start_events(void) {
    static netif_ext_callback_t callback;
    task_lock_lwip();
    netif_add_ext_callback(&callback, on_netif_change);
    task_unlock_lwip();
    pthread_t thread;
    pthread_create(&thread, NULL, run_events, NULL);
}

/******************************************************************************/
// The lower side of network.LAN: the driver

void lan_netif_start(struct netif *netif, struct dhcp *dhcp, void *state, netif_init_fn init) {
    interface_t *interface = find(NULL);
    LWIP_ASSERT("a place for the interface", interface != NULL);
    int priority = interface == interfaces ? PRIORITY_FIRST : PRIORITY_OTHERS;
    *interface = (interface_t) { .netif = netif, .priority = priority, .status = STATUS_NO_LINK };
    netif_add(netif, IP4_ADDR_ANY4, IP4_ADDR_ANY4, IP4_ADDR_ANY4, state, init, tcpip_input);
    netif_set_hostname(netif, mod_network_hostname_data);
    netif_set_ip6_autoconfig_enabled(netif, 1);
    dhcp_set_struct(netif, dhcp);
    mdns_resp_add_netif(netif, mod_network_hostname_data);
}

void lan_netif_stop(struct netif *netif) {
    interface_t *interface = find(netif);
    drop_events_of(interface);
    if (netif_is_up(netif)) {
        down(interface);
    }
    mdns_resp_remove_netif(netif);
    netif_remove(netif);
    netif->flags = 0;
    interface->netif = NULL;
    choose_default();
}

void lan_netif_set_link(struct netif *netif, bool up) {
    interface_t *interface = find(netif);
    if (up != interface->linked) {
        interface->linked = up;
        post(interface, up ? EVENT_CONNECTED : EVENT_DISCONNECTED);
    }
}

int lan_netif_status(const struct netif *netif) {
    const interface_t *interface = find(netif);
    return interface == NULL ? STATUS_DOWN : interface->status;
}

/******************************************************************************/
// The upper side of network.LAN: ifconfig() and ipconfig(), which network_lan.c calls because of mpconfigvariant.mk

static void parse(mp_obj_t text, ip4_addr_t *address) {
    netutils_parse_ipv4_addr(text, (uint8_t *)address, NETUTILS_BIG);
}

static mp_obj_t format(const ip4_addr_t *address) {
    return netutils_format_ipv4_addr((uint8_t *)address, NETUTILS_BIG);
}

static void set_static(struct netif *netif, const esp_netif_ip_info_t *info) {
    task_lock_lwip();
    stop_dhcp(find(netif));
    esp_netif_set_ip_info(netif, info);
    task_unlock_lwip();
}

// A running client renews its lease, as on MicroPython's other ports. Tests use this to renew a lease.
static void set_dhcp(struct netif *netif, bool wanted) {
    task_lock_lwip();
    interface_t *interface = find(netif);
    if (wanted && dhcp_supplied_address(netif)) {
        dhcp_renew(netif);
    } else {
        stop_dhcp(interface);
        if (wanted) {
            start_dhcp(interface);
        }
    }
    task_unlock_lwip();
}

mp_obj_t esp_ifconfig(struct netif *netif, size_t n_args, const mp_obj_t *args);
mp_obj_t esp_ifconfig(struct netif *netif, size_t n_args, const mp_obj_t *args) {
    esp_netif_ip_info_t info = { 0 };
    mp_obj_t *items;
    if (n_args == 0) {
        esp_netif_get_ip_info(netif, &info);
        ip4_addr_t dns = *ip_2_ip4(dns_getserver(0));
        mp_obj_t tuple[4] = { format(&info.ip), format(&info.netmask), format(&info.gw), format(&dns) };
        return mp_obj_new_tuple(4, tuple);
    }
    if (mp_obj_is_str(args[0])) { // "dhcp"
        set_dhcp(netif, true);
        return mp_const_none;
    }
    ip_addr_t dns = *IP4_ADDR_ANY;
    mp_obj_get_array_fixed_n(args[0], 4, &items);
    parse(items[0], &info.ip);
    parse(items[1], &info.netmask);
    parse(items[2], &info.gw);
    parse(items[3], ip_2_ip4(&dns));
    set_static(netif, &info);
    dns_setserver(0, &dns);
    return mp_const_none;
}

static bool get(mp_map_t *kwargs, qstr name, mp_obj_t *value) {
    mp_map_elem_t *element = mp_map_lookup(kwargs, MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
    *value = element == NULL ? MP_OBJ_NULL : element->value;
    return element != NULL;
}

mp_obj_t esp_ipconfig(struct netif *netif, size_t n_args, const mp_obj_t *args, mp_map_t *kwargs);
mp_obj_t esp_ipconfig(struct netif *netif, size_t n_args, const mp_obj_t *args, mp_map_t *kwargs) {
    mp_obj_t value;
    mp_obj_t *items;
    if (get(kwargs, MP_QSTR_dhcp4, &value)) {
        set_dhcp(netif, mp_obj_is_true(value));
    } else if (get(kwargs, MP_QSTR_addr4, &value)) { // a tuple
        esp_netif_ip_info_t info;
        esp_netif_get_ip_info(netif, &info);
        mp_obj_get_array_fixed_n(value, 2, &items);
        parse(items[0], &info.ip);
        parse(items[1], &info.netmask);
        set_static(netif, &info);
    } else {
        return mod_network_nic_ipconfig(netif, n_args, args, kwargs);
    }
    return mp_const_none;
}
