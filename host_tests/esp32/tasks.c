// SPDX-License-Identifier: MIT
// Functions with which the tests inspect FreeRTOS's tasks. least_free() reports how much of a task's stack
// was never used. If MicroPython does not answer, a dump shows what each task is doing.

#include <stdint.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "esp_attr.h"
#include "esp_memory_utils.h"
#include "esp_private/freertos_debug.h"
#include "esp_rom_sys.h"
#include "esp_timer.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

// least_free(task): the bytes of its stack that were never used. OSError(ENOENT): there is no task with this
// name.
static mp_obj_t least_free(mp_obj_t name) {
    TaskHandle_t task = xTaskGetHandle(mp_obj_str_get_str(name));
    if (task == NULL) {
        mp_raise_OSError(MP_ENOENT);
    }
    return mp_obj_new_int_from_uint(uxTaskGetStackHighWaterMark(task) * sizeof(StackType_t));
}
static MP_DEFINE_CONST_FUN_OBJ_1(least_free_obj, least_free);

/******************************************************************************/
// The dump of all tasks

#define INTERRUPTS (8) // the tasks are dumped after this many Ctrl-C
#define TASKS (32) // the dump has at most this many tasks
#define ADDRESSES (24) // the dump has at most this many addresses for each task

static esp_timer_handle_t timer;
static int interrupts;

// A return address that Xtensa stores has the size of the window in its upper two bits.
static uint32_t address_of(uint32_t word) {
    #if __XTENSA__
    return word >> 30 == 0 ? word : (word & 0x3fffffff) | 0x40000000;
    #else
    return word;
    #endif
}

// Prints the addresses of code on the stack, the last call first. addr2line translates them. Some of them are
// from calls that have returned.
static void dump_task(const TaskSnapshot_t *task) {
    esp_rom_printf("task %s, state %d:", pcTaskGetName(task->pxTCB), (int)eTaskGetState(task->pxTCB));
    const uint32_t *word = (const uint32_t *)task->pxTopOfStack;
    const uint32_t *end = (const uint32_t *)task->pxEndOfStack;
    for (int found = 0; word < end && found < ADDRESSES; ++word) {
        uint32_t address = address_of(*word);
        if (esp_ptr_executable((const void *)(uintptr_t)address)) {
            esp_rom_printf(" %08x", (unsigned int)address);
            ++found;
        }
    }
    esp_rom_printf("\n");
}

static void dump(void *arg) {
    (void)arg;
    static TaskSnapshot_t tasks[TASKS];
    UBaseType_t size;
    vTaskSuspendAll();
    UBaseType_t count = uxTaskGetSnapshotAll(tasks, TASKS, &size);
    xTaskResumeAll();
    esp_rom_printf("\n");
    for (UBaseType_t i = 0; i < count; ++i) {
        dump_task(&tasks[i]);
    }
}

// The linker replaces MicroPython's function with this function. The UART's interrupt calls it for each
// Ctrl-C, even if the Python code hangs.
void __real_mp_sched_keyboard_interrupt(void);
void __wrap_mp_sched_keyboard_interrupt(void);
void IRAM_ATTR __wrap_mp_sched_keyboard_interrupt(void) {
    if (timer != NULL && ++interrupts == INTERRUPTS) {
        interrupts = 0;
        esp_timer_start_once(timer, 0);
    }
    __real_mp_sched_keyboard_interrupt();
}

// watch(): from now on, dump the tasks after every INTERRUPTS Ctrl-C.
static mp_obj_t watch(void) {
    const esp_timer_create_args_t args = { .callback = dump, .name = "dump" };
    interrupts = 0;
    if (timer == NULL) {
        esp_timer_create(&args, &timer);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(watch_obj, watch);

/******************************************************************************/

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__tasks) },
    { MP_ROM_QSTR(MP_QSTR_least_free), MP_ROM_PTR(&least_free_obj) },
    { MP_ROM_QSTR(MP_QSTR_watch), MP_ROM_PTR(&watch_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t tasks_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR__tasks, tasks_module);
