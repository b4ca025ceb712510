// SPDX-License-Identifier: MIT
// The functions of ESP-IDF that the C module's port for esp32 uses, implemented with POSIX threads.

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "lwip/ip4_addr.h"
#include "lwip/netif.h"
#include "lwip/tcpip.h"

#include "esp_netif.h"
#include "esp_timer.h"
#include "lwip_default_hooks.h"

/******************************************************************************/
// lwIP's task

typedef struct _call_t {
    esp_netif_callback_fn function;
    void *arg;
    esp_err_t result;
} call_t;

static pthread_mutex_t call_lock = PTHREAD_MUTEX_INITIALIZER;
static sys_sem_t call_done;

static void serve(void *arg) {
    call_t *call = arg;
    call->result = call->function(call->arg);
    sys_sem_signal(&call_done);
}

esp_err_t esp_netif_tcpip_exec(esp_netif_callback_fn function, void *arg) {
    call_t call = { function, arg, ESP_OK };
    pthread_mutex_lock(&call_lock);
    err_t error = tcpip_callback(serve, &call);
    LWIP_ASSERT("a message for lwIP's task", error == ERR_OK);
    sys_arch_sem_wait(&call_done, 0);
    pthread_mutex_unlock(&call_lock);
    return call.result;
}

struct netif *ip4_route_src_hook(const ip4_addr_t *source, const ip4_addr_t *destination) {
    (void)destination;
    struct netif *netif;
    if (source == NULL || ip4_addr_isany(source)) {
        return NULL;
    }
    NETIF_FOREACH(netif) {
        if (netif_is_up(netif) && netif_is_link_up(netif) && ip4_addr_eq(source, netif_ip4_addr(netif))) {
            return netif;
        }
    }
    return NULL;
}

/******************************************************************************/
// Timers

#define NEVER INT64_MAX

struct esp_timer {
    esp_timer_create_args_t args;
    int64_t due; // us; NEVER: the timer does not run
    struct esp_timer *next;
};

static pthread_mutex_t timer_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t timer_changed;
static struct esp_timer *timers;

int64_t esp_timer_get_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

esp_err_t esp_timer_create(const esp_timer_create_args_t *args, esp_timer_handle_t *handle) {
    struct esp_timer *timer = malloc(sizeof(*timer));
    if (timer == NULL) {
        return ESP_ERR_NO_MEM;
    }
    pthread_mutex_lock(&timer_lock);
    *timer = (struct esp_timer) { *args, NEVER, timers };
    timers = *handle = timer;
    pthread_mutex_unlock(&timer_lock);
    return ESP_OK;
}

// It is an error to start a running timer, or to stop a timer that does not run.
static esp_err_t set_due(struct esp_timer *timer, int64_t due) {
    pthread_mutex_lock(&timer_lock);
    bool possible = (timer->due == NEVER) != (due == NEVER);
    if (possible) {
        timer->due = due;
        pthread_cond_signal(&timer_changed);
    }
    pthread_mutex_unlock(&timer_lock);
    return possible ? ESP_OK : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_timer_start_once(esp_timer_handle_t timer, uint64_t us) {
    return set_due(timer, esp_timer_get_time() + us);
}

esp_err_t esp_timer_stop(esp_timer_handle_t timer) {
    return set_due(timer, NEVER);
}

static struct esp_timer *first_due(void) {
    struct esp_timer *first = timers;
    for (struct esp_timer *timer = timers; timer != NULL; timer = timer->next) {
        if (timer->due < first->due) {
            first = timer;
        }
    }
    return first;
}

static void wait_until(int64_t due) {
    if (due == NEVER) {
        pthread_cond_wait(&timer_changed, &timer_lock);
    } else {
        struct timespec end = { .tv_sec = due / 1000000, .tv_nsec = due % 1000000 * 1000 };
        pthread_cond_timedwait(&timer_changed, &timer_lock, &end);
    }
}

static void *run_timers(void *arg) {
    (void)arg;
    pthread_mutex_lock(&timer_lock);
    for (;;) {
        struct esp_timer *timer = first_due();
        int64_t due = timer == NULL ? NEVER : timer->due;
        if (due > esp_timer_get_time()) {
            wait_until(due);
            continue;
        }
        timer->due = NEVER;
        pthread_mutex_unlock(&timer_lock);
        timer->args.callback(timer->args.arg);
        pthread_mutex_lock(&timer_lock);
    }
    return NULL;
}

void idf_init(void) {
    sys_sem_new(&call_done, 0);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&timer_changed, &attributes);
    pthread_t thread;
    pthread_create(&thread, NULL, run_timers, NULL);
}
