// SPDX-License-Identifier: MIT
// Included by extmod/modmachine.c.

#include "extmod/modmachine.h"

#include "mps2.h"

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_Timer), MP_ROM_PTR(&machine_timer_type) },

static void mp_machine_idle(void) {
    mp_event_wait_indefinite();
}

static void mp_machine_reset(void) {
    SCB_AIRCR = AIRCR_SYSRESETREQ;
    for (;;) {
    }
}

static mp_int_t mp_machine_reset_cause(void) {
    return 0; // the machine does not have this information
}
