// SPDX-License-Identifier: MIT
// The PendSV interrupt of this board is a signal handler: lwIP, the network driver and the soft timers run in it
// and interrupt Python anywhere, as on rp2 and stm32. A frame on a TAP device raises the signal at once (SIGIO),
// and so does a due soft timer (SIGALRM).

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "py/mphal.h"
#include "shared/runtime/softtimer.h"

#include "network_lan.h"
#include "pendsv.h"

static volatile sig_atomic_t suspended;
static volatile sig_atomic_t pending;

static void serve(void) {
    int saved_errno = errno;
    ++suspended;
    do {
        pending = 0;
        network_lan_poll();
        soft_timer_handler();
    } while (pending);
    --suspended;
    errno = saved_errno;
}

static void on_signal(int signal) {
    (void)signal;
    if (suspended) {
        pending = 1;
    } else {
        serve();
    }
}

void pendsv_suspend(void) {
    ++suspended;
}

void pendsv_resume(void) {
    if (--suspended == 0 && pending) {
        serve();
    }
}

void pendsv_init(void) {
    // No SA_RESTART: a blocking call ends with EINTR, and MicroPython then runs the scheduled functions.
    struct sigaction action = { .sa_handler = on_signal };
    sigaddset(&action.sa_mask, SIGIO);
    sigaddset(&action.sa_mask, SIGALRM);
    sigaction(SIGIO, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

int network_lan_attach(int fd) {
    if (fcntl(fd, F_SETOWN, getpid()) != 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC) != 0) {
        return errno;
    }
    return 0;
}

uint32_t soft_timer_get_ms(void) {
    return mp_hal_ticks_ms();
}

void soft_timer_schedule_at_ms(uint32_t ticks_ms) {
    int32_t ms = soft_timer_ticks_diff(ticks_ms, mp_hal_ticks_ms());
    if (ms < 1) {
        ms = 1;
    }
    struct itimerval timer = { .it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };
    setitimer(ITIMER_REAL, &timer, NULL);
}
