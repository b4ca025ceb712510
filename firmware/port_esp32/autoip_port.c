// SPDX-License-Identifier: MIT
// esp32: lwIP runs in its own task. It has no lock, so every function that uses lwIP runs in this task. The timers
// are esp_timer's, which run in esp_timer's task.

#include "py/mphal.h"

#include "esp_netif.h"
#include "esp_netif_net_stack.h"
#include "modnetwork.h"

#include "lwip/dns.h"
#include "lwip/tcpip.h"

#include "alias_route.h"
#include "netifs.h"
#include "port.h"

#define RETRY (10) // ms until autoip retries, if the queue of lwIP's task is full

/******************************************************************************/
// lwIP's task

typedef struct _call_t {
    void (*function)(void *);
    void *arg;
} call_t;

static esp_err_t run_in_lwip(void *arg) {
    call_t *call = arg;
    call->function(call->arg);
    return ESP_OK;
}

// Python keeps the GIL while it waits, because it may be in a finaliser, during which no other thread may use the heap.
// lwIP's task never needs the GIL.
void autoip_port_run(void (*function)(void *), void *arg) {
    call_t call = { function, arg };
    esp_netif_tcpip_exec(run_in_lwip, &call);
}

void autoip_port_wake(void) {
    mp_hal_wake_main_task();
}

/******************************************************************************/
// Interfaces

#if MICROPY_PY_NETWORK_LAN
extern const mp_obj_type_t lan_if_type;
#endif

static bool is_ethernet(mp_obj_t nic) {
    #if MICROPY_PY_NETWORK_LAN
    if (mp_obj_is_exact_type(nic, &lan_if_type)) {
        return true;
    }
    #endif
    #if MICROPY_PY_NETWORK_WLAN
    if (mp_obj_is_exact_type(nic, &esp_network_wlan_type)) {
        return true;
    }
    #endif
    return false;
}

struct netif *autoip_port_netif(mp_obj_t nic) {
    if (!is_ethernet(nic)) {
        return NULL;
    }
    const base_if_obj_t *self = MP_OBJ_TO_PTR(nic);
    return self->netif == NULL ? NULL : esp_netif_get_netif_impl(self->netif);
}

bool autoip_port_poll_cable(struct netif *netif) {
    (void)netif;
    return false;
}

// An interface with a DHCP client becomes lwIP's default interface when it has a lease. Before that the default interface
// is the station, or Ethernet.
struct netif *autoip_port_default(void) {
    if (netif_default != NULL) {
        return netif_default;
    }
    struct netif *station = autoip_netif_find("st");
    return station != NULL ? station : autoip_netif_find("en");
}

// Does the interface lead to other networks? An access point names itself as the router.
static bool has_router(const struct netif *netif) {
    const ip4_addr_t *address = netif_ip4_addr(netif);
    const ip4_addr_t *router = netif_ip4_gw(netif);
    return netif_is_up(netif) && netif_is_link_up(netif) && !ip4_addr_isany(address) && !ip4_addr_islinklocal(address)
           && !ip4_addr_isany(router) && !ip4_addr_eq(router, address);
}

// IDF chooses the default interface again when an interface comes up (before 5.4) or gets an address (since 5.4). It
// chooses by priority, and prefers a station to Ethernet and PPP. It doesn't know that a link-local address leads to no
// other network.
void autoip_port_keep_uplink(const autoip_alias_t *alias) {
    struct netif *other;
    if (autoip_alias_owner(alias) == AUTOIP_OWNER_AUTOIP && netif_default == alias->main) {
        NETIF_FOREACH(other) {
            if (has_router(other)) {
                netif_set_default(other);
                return;
            }
        }
    }
}

// Returns true if main shows the address, or if IDF has already removed the address and main has no other one.
static bool keeps(const autoip_alias_t *alias) {
    return alias->shows && autoip_alias_owner(alias) <= AUTOIP_OWNER_AUTOIP;
}

// While the DHCP client is off, IDF stores the last address, and sets it again without a probe when the link comes up
// (RFC 3927 2.2). So this function clears the stored address. While DHCP is on, IDF stores no address, so it does no
// harm that esp_netif_set_ip_info() fails.
void autoip_port_forget(const autoip_alias_t *alias) {
    static const esp_netif_ip_info_t nothing;
    ip_addr_t dns[DNS_MAX_SERVERS]; // a copy of the list, which esp_netif_set_ip_info() clears
    if (!keeps(alias)) {
        return;
    }
    for (int i = 0; i < DNS_MAX_SERVERS; ++i) {
        dns[i] = *dns_getserver(i);
    }
    esp_netif_set_ip_info(esp_netif_get_handle_from_netif_impl(alias->main), &nothing);
    for (int i = 0; i < DNS_MAX_SERVERS; ++i) {
        dns_setserver(i, &dns[i]);
    }
}

// Replaces IDF's hook for source routing. Packets for which autoip has no route are passed on to IDF's hook.
struct netif *__real_ip4_route_src_hook(const ip4_addr_t *source, const ip4_addr_t *destination);
struct netif *__wrap_ip4_route_src_hook(const ip4_addr_t *source, const ip4_addr_t *destination);
struct netif *__wrap_ip4_route_src_hook(const ip4_addr_t *source, const ip4_addr_t *destination) {
    struct netif *netif = autoip_alias_route(source, destination);
    return netif != NULL ? netif : __real_ip4_route_src_hook(source, destination);
}

/******************************************************************************/
// Timer

uint32_t autoip_port_now(void) {
    return esp_timer_get_time() / 1000;
}

static void start(autoip_port_timer_t *timer, uint32_t ms) {
    esp_timer_stop(timer->handle);
    esp_timer_start_once(timer->handle, ms * 1000ULL);
}

static void on_timer_in_lwip(void *arg) {
    autoip_port_timer_t *timer = arg;
    if (timer->running) { // the timer may have been stopped after the message was sent
        uint32_t ms = timer->due(timer);
        if (ms != AUTOIP_PORT_NEVER) {
            start(timer, ms);
        }
    }
}

static void on_timer(void *arg) {
    autoip_port_timer_t *timer = arg;
    if (tcpip_callbackmsg_trycallback(timer->message) != ERR_OK) {
        esp_timer_start_once(timer->handle, RETRY * 1000);
    }
}

bool autoip_port_timer_init(autoip_port_timer_t *timer, uint32_t (*due)(autoip_port_timer_t *timer)) {
    const esp_timer_create_args_t args = { .callback = on_timer, .arg = timer, .name = "autoip" };
    timer->due = due;
    if (timer->message == NULL) {
        timer->message = tcpip_callbackmsg_new(on_timer_in_lwip, timer);
    }
    if (timer->message != NULL && timer->handle == NULL) {
        esp_timer_create(&args, &timer->handle);
    }
    return timer->handle != NULL;
}

void autoip_port_timer_start(autoip_port_timer_t *timer, uint32_t ms) {
    timer->running = true;
    start(timer, ms);
}

void autoip_port_timer_stop(autoip_port_timer_t *timer) {
    timer->running = false;
    esp_timer_stop(timer->handle);
}
