// SPDX-License-Identifier: MIT
// Power-up and soft reset. lwIP, the interfaces and DHCP live as long as the process. The Python heap is created
// again at each soft reset, as on the boards.

#include <stdbool.h>
#include <stdlib.h>
#include <sys/random.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modnetwork.h"
#include "shared/runtime/softtimer.h"

#include "main.h"

static bool reset_wanted;

// The port's main(), renamed by mpconfigvariant.mk.
int unix_main(int argc, char **argv);

int main(int argc, char **argv) {
    int result;
    do {
        reset_wanted = false;
        result = unix_main(argc, argv);
        free(MP_STATE_MEM(area).gc_alloc_table_start); // the heap, which the unix port doesn't free
    } while (reset_wanted);
    return result;
}

static mp_obj_t board_soft_reset(void) {
    reset_wanted = true;
    mp_raise_type(&mp_type_SystemExit);
}
MP_DEFINE_CONST_FUN_OBJ_0(board_soft_reset_obj, board_soft_reset);

void board_init(void) {
    static bool powered;
    if (!powered) {
        powered = true;
        board_power_up();
    }
    mod_network_init();
}

void board_deinit(void) {
    mod_network_deinit();
    #if MICROPY_PY_MACHINE_TIMER
    soft_timer_deinit();
    #endif
    gc_sweep_all(); // runs the finalisers, like the soft reset of every board
}

// The port's gc_collect() does not know machine.Timer.
void __real_gc_collect_end(void);
void __wrap_gc_collect_end(void);
void __wrap_gc_collect_end(void) {
    #if MICROPY_PY_MACHINE_TIMER
    soft_timer_gc_mark_all();
    #endif
    __real_gc_collect_end();
}

// Random numbers for lwIP's protocols. It is also called in an interrupt, where getrandom() is safe.
uint32_t board_random(void) {
    uint32_t number = 0;
    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number)) {
        number = mp_hal_ticks_us();
    }
    return number;
}
