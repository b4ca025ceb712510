// SPDX-License-Identifier: MIT
// Power-up, and the loop of soft resets. lwIP, the interface and DHCP live as long as the power is on. The Python
// heap is created again at each soft reset.

#include "py/cstack.h"
#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modnetwork.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"
#include "shared/runtime/softtimer.h"

#include "lwip/apps/mdns.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"

#include "network_lan.h"
#include "pendsv.h"
#include "uart.h"

#define LWIP_TICK_MS (64) // as on rp2
#define INTERRUPT_STACK (4096) // not used by Python

extern char _stack_bottom, _stack_top, _heap_start, _heap_end;

static soft_timer_entry_t lwip_timer;

static void check_timeouts(soft_timer_entry_t *timer) {
    sys_check_timeouts();
}

static void power_up(void) {
    uart_init();
    network_lan_init();
    lwip_init();
    mdns_resp_init();
    soft_timer_static_init(&lwip_timer, SOFT_TIMER_MODE_PERIODIC, LWIP_TICK_MS, check_timeouts);
    soft_timer_insert(&lwip_timer, LWIP_TICK_MS);
    pendsv_init();
    mp_hal_ticks_init();
}

static void run_repl(void) {
    int done;
    do {
        done = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
    } while (!done);
}

static void run_python(void) {
    pyexec_frozen_module("_boot.py", false);
    int result = pyexec_file_if_exists("boot.py");
    if (result != 0 && !(result & PYEXEC_FORCED_EXIT) && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
        result = pyexec_file_if_exists("main.py");
    }
    if (!(result & PYEXEC_FORCED_EXIT)) {
        run_repl();
    }
}

static void run_life(void) {
    gc_init(&_heap_start, &_heap_end);
    mp_init();
    readline_init0();
    mod_network_init();
    run_python();
    mp_printf(MP_PYTHON_PRINTER, "MPY: soft reboot\n");
    mod_network_deinit();
    soft_timer_deinit();
    gc_sweep_all(); // runs the finalisers
    mp_deinit();
}

int main(void) {
    mp_cstack_init_with_top(&_stack_top, &_stack_top - &_stack_bottom - INTERRUPT_STACK);
    power_up();
    for (;;) {
        run_life();
    }
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    soft_timer_gc_mark_all();
    gc_collect_end();
}

void nlr_jump_fail(void *exception) {
    mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(exception));
    __builtin_trap();
}

uint32_t sys_now(void) {
    return mp_hal_ticks_ms();
}
