// SPDX-License-Identifier: MIT
// Configuration of MicroPython's unix port that UNIX_TAP and UNIX_TASK have in common.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#include "variants/mpconfigvariant_common.h"

#define MICROPY_HW_MCU_NAME "linux"

// Ctrl-C is a signal. If this were 1, the signal's handler would raise KeyboardInterrupt at once, even in the middle
// of an interrupt, inside lwIP, or without the GIL.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

#define MICROPY_SCHEDULER_STATIC_NODES (1)
#define MICROPY_TRACKED_ALLOC (1) // for Mbed TLS

#define MICROPY_PY_NETWORK (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "mpy-unix-tap"
#define MICROPY_PY_LWIP_SOCK_RAW (1)

extern const struct _mp_obj_type_t network_lan_type;
#define MICROPY_PORT_NETWORK_INTERFACES \
    { MP_ROM_QSTR(MP_QSTR_LAN), MP_ROM_PTR(&network_lan_type) },

void board_init(void);
void board_deinit(void);
#define MICROPY_PORT_INIT_FUNC board_init()
#define MICROPY_PORT_DEINIT_FUNC board_deinit()
