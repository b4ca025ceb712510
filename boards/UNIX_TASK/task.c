// SPDX-License-Identifier: MIT
// The tasks of this board, like those of esp32: lwIP's task, the driver's task, the task of the timers (idf.c), and
// Python's task, which the others wake.

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>

#include "py/mphal.h"

#include "lwip/apps/mdns.h"
#include "lwip/tcpip.h"

#include "esp_netif.h"
#include "esp_timer.h"
#include "../UNIX_TAP/main.h"
#include "../UNIX_TAP/network_lan.h"

#define LOOK_MS (64) // polling of the cable, as on UNIX_TAP
#define TICK_US (10000) // of FreeRTOS

/******************************************************************************/
// lwIP's task, and its lock

static pthread_mutex_t lwip_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int lwip_depth;

void task_lock_lwip(void) {
    if (lwip_depth++ == 0) {
        pthread_mutex_lock(&lwip_lock);
    }
}

void task_unlock_lwip(void) {
    if (--lwip_depth == 0) {
        pthread_mutex_unlock(&lwip_lock);
    }
}

int task_has_lwip(void) {
    return lwip_depth > 0;
}

static void start_lwip(void) {
    task_lock_lwip();
    tcpip_init(NULL, NULL);
    mdns_resp_init();
    task_unlock_lwip();
}

/******************************************************************************/
// The driver's task

static pthread_mutex_t driver_lock = PTHREAD_MUTEX_INITIALIZER;
static int taps; // an epoll set

void task_lock_driver(void) {
    pthread_mutex_lock(&driver_lock);
}

void task_unlock_driver(void) {
    pthread_mutex_unlock(&driver_lock);
}

int network_lan_attach(int fd) {
    struct epoll_event event = { .events = EPOLLIN };
    return epoll_ctl(taps, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

static void *drive(void *arg) {
    (void)arg;
    for (;;) {
        struct epoll_event event;
        epoll_wait(taps, &event, 1, LOOK_MS);
        task_lock_driver();
        network_lan_poll();
        task_unlock_driver();
    }
    return NULL;
}

static void start_driver(void) {
    taps = epoll_create1(EPOLL_CLOEXEC);
    pthread_t thread;
    pthread_create(&thread, NULL, drive, NULL);
}

/******************************************************************************/
// Python's task

static pthread_t main_task;
static esp_timer_handle_t tick;

static void on_signal(int signal) {
    (void)signal;
}

// A system call that blocks ends with EINTR, and MicroPython runs the scheduled functions.
void mp_hal_wake_main_task(void) {
    pthread_kill(main_task, SIGUSR1);
}

// A signal that arrives just before the system call is lost. So send a signal at each tick. On esp32, a wait also lasts
// at most one tick.
static void on_tick(void *arg) {
    (void)arg;
    mp_hal_wake_main_task();
    esp_timer_start_once(tick, TICK_US);
}

// MicroPython's garbage collector waits here for other Python threads, and would mistake the signal for their answer.
// So wait again after EINTR.
int __real_sem_wait(sem_t *sem);
int __wrap_sem_wait(sem_t *sem);
int __wrap_sem_wait(sem_t *sem) {
    int result;
    do {
        result = __real_sem_wait(sem);
    } while (result != 0 && errno == EINTR);
    return result;
}

static void start_waking(void) {
    struct sigaction action = { .sa_handler = on_signal };
    sigaction(SIGUSR1, &action, NULL);
    main_task = pthread_self();
    const esp_timer_create_args_t args = { .callback = on_tick, .name = "tick" };
    esp_timer_create(&args, &tick);
    esp_timer_start_once(tick, TICK_US);
}

void board_power_up(void) {
    start_lwip();
    idf_init();
    esp_netif_start_events();
    start_waking();
    start_driver();
}
