// SPDX-License-Identifier: MIT
// Configuration of MicroPython for the QEMU_MPS2 board, similar to those of rp2 and stm32.

#include <alloca.h>
#include <stdint.h>

#include "irq.h"

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

#define MICROPY_HW_BOARD_NAME "QEMU_MPS2"
#define MICROPY_HW_MCU_NAME "Cortex-M3"
#define MICROPY_PY_SYS_PLATFORM "qemu"
#ifdef AUTOIP_VERSION
#define MICROPY_BANNER_NAME_AND_VERSION "MicroPython " MICROPY_GIT_TAG " with autoip " AUTOIP_VERSION " on " MICROPY_BUILD_DATE
#endif

#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))

#define MICROPY_OPT_COMPUTED_GOTO (1)
#define MICROPY_ENABLE_GC (1)
#define MICROPY_TRACKED_ALLOC (1) // for Mbed TLS
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_SCHEDULER_DEPTH (8)
#define MICROPY_SCHEDULER_STATIC_NODES (1)
#define MICROPY_STACK_CHECK_MARGIN (256)
#define MICROPY_USE_INTERNAL_ERRNO (1)
#define MICROPY_EPOCH_IS_1970 (1)

#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_READER_VFS (1)
#define MICROPY_VFS (1)
#define MICROPY_FATFS_ENABLE_LFN (2)
#define MICROPY_FATFS_LFN_CODE_PAGE 437 // U.S.
#define MICROPY_FATFS_RPATH (2)
#define MICROPY_FATFS_USE_LABEL (1)

#define MICROPY_PY_HASHLIB_SHA1 (1)
#define MICROPY_PY_OS_INCLUDEFILE "os_part.c"
#define MICROPY_PY_OS_UNAME (1)
#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (board_random())
#define MICROPY_PY_TIME_INCLUDEFILE "time_part.c"
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "machine_part.c"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_TIMER (1)

#define MICROPY_PY_NETWORK (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "mpy-qemu"
#define MICROPY_PY_SOCKET (1)
#define MICROPY_PY_LWIP_SOCK_RAW (1)

extern const struct _mp_obj_type_t network_lan_type;
#define MICROPY_PORT_NETWORK_INTERFACES \
    { MP_ROM_QSTR(MP_QSTR_LAN), MP_ROM_PTR(&network_lan_type) },

uint32_t board_random(void);
void mp_hal_get_random(size_t count, uint8_t *bytes);

#define MICROPY_BEGIN_ATOMIC_SECTION() irq_disable()
#define MICROPY_END_ATOMIC_SECTION(state) irq_restore(state)
#define MICROPY_PY_PENDSV_ENTER uint32_t pendsv_state = pendsv_suspend();
#define MICROPY_PY_PENDSV_EXIT pendsv_resume(pendsv_state);
#define MICROPY_PY_LWIP_ENTER MICROPY_PY_PENDSV_ENTER
#define MICROPY_PY_LWIP_REENTER pendsv_state = pendsv_suspend();
#define MICROPY_PY_LWIP_EXIT MICROPY_PY_PENDSV_EXIT

#define AUTOIP_LINKS 1 // the board has one interface

// The tick ends each wait after a millisecond at most.
#define MICROPY_INTERNAL_WFE(timeout_ms) __asm volatile ("wfi")

#define MP_STATE_PORT MP_STATE_VM
#define MP_SSIZE_MAX (0x7fffffff)

#if MICROPY_VERSION_MAJOR == 1 && MICROPY_VERSION_MINOR < 27 // later versions define these types
typedef int32_t mp_int_t;
typedef uint32_t mp_uint_t;
#endif
typedef long mp_off_t;
