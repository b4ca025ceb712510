// Configuration of MicroPython's unix port for the UNIX_TAP board.

#include <sys/socket.h> // SOMAXCONN

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#include "variants/mpconfigvariant_common.h"

#define MICROPY_HW_BOARD_NAME "UNIX_TAP"
#define MICROPY_HW_MCU_NAME "linux"

// Signals are this board's interrupts: Ctrl-C must not jump out of one, or out of lwIP.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

#define MICROPY_SCHEDULER_STATIC_NODES (1)

#define MICROPY_PY_NETWORK (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "mpy-unix-tap"
#define MICROPY_PY_LWIP_SOCK_RAW (1)

extern const struct _mp_obj_type_t network_lan_type;
#define MICROPY_PORT_NETWORK_INTERFACES \
    { MP_ROM_QSTR(MP_QSTR_LAN), MP_ROM_PTR(&network_lan_type) },

// lwIP, the soft timers and the scheduler are kept from the interrupt in one way, see pendsv.c.
void pendsv_suspend(void);
void pendsv_resume(void);
#define MICROPY_BEGIN_ATOMIC_SECTION() (pendsv_suspend(), 0)
#define MICROPY_END_ATOMIC_SECTION(state) ((void)(state), pendsv_resume())
#define MICROPY_PY_PENDSV_ENTER pendsv_suspend()
#define MICROPY_PY_PENDSV_EXIT pendsv_resume()
#define MICROPY_PY_LWIP_ENTER pendsv_suspend();
#define MICROPY_PY_LWIP_REENTER pendsv_suspend();
#define MICROPY_PY_LWIP_EXIT pendsv_resume();

void board_init(void);
void board_deinit(void);
#define MICROPY_PORT_INIT_FUNC board_init()
#define MICROPY_PORT_DEINIT_FUNC board_deinit()
