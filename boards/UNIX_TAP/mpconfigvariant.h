// SPDX-License-Identifier: MIT
// Configuration of MicroPython's unix port for the UNIX_TAP board.

#include "config.h"

#define MICROPY_HW_BOARD_NAME "UNIX_TAP"

#define MICROPY_PY_MACHINE_TIMER (1)
#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_Timer), MP_ROM_PTR(&machine_timer_type) },

// lwIP, the soft timers and the scheduler are protected from the interrupt in the same way, see pendsv.c.
void pendsv_suspend(void);
void pendsv_resume(void);
#define MICROPY_BEGIN_ATOMIC_SECTION() (pendsv_suspend(), 0)
#define MICROPY_END_ATOMIC_SECTION(state) ((void)(state), pendsv_resume())
#define MICROPY_PY_PENDSV_ENTER pendsv_suspend()
#define MICROPY_PY_PENDSV_EXIT pendsv_resume()
#define MICROPY_PY_LWIP_ENTER pendsv_suspend();
#define MICROPY_PY_LWIP_REENTER pendsv_suspend();
#define MICROPY_PY_LWIP_EXIT pendsv_resume();
