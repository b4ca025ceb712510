// SPDX-License-Identifier: MIT
// Configuration of MicroPython's unix port for the UNIX_TASK board: threads as on esp32.

#include "../UNIX_TAP/config.h"

#define MICROPY_HW_BOARD_NAME "UNIX_TASK"

#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (1)
#if MICROPY_VERSION_MAJOR == 1 && MICROPY_VERSION_MINOR < 26 // later versions define it
#define MICROPY_PY_THREAD_RECURSIVE_MUTEX (1) // for the unix port's atomic sections
#endif

// The type of the interfaces in firmware/port_esp32.
#define MICROPY_PY_NETWORK_LAN (1)
#define lan_if_type network_lan_type

void mp_hal_wake_main_task(void);

// modlwip.c and network_lan.c call lwIP from Python's thread, which the esp32 port does not do.
void task_lock_lwip(void);
void task_unlock_lwip(void);
#define MICROPY_PY_LWIP_ENTER task_lock_lwip();
#define MICROPY_PY_LWIP_REENTER task_lock_lwip();
#define MICROPY_PY_LWIP_EXIT task_unlock_lwip();

// There is no PendSV. These macros keep the driver's task waiting while Python uses the driver.
void task_lock_driver(void);
void task_unlock_driver(void);
#define MICROPY_PY_PENDSV_ENTER task_lock_driver()
#define MICROPY_PY_PENDSV_EXIT task_unlock_driver()
