// SPDX-License-Identifier: MIT
// Included by extmod/modtime.c.

#include "shared/timeutils/timeutils.h"

static mp_uint_t seconds(void) {
    return mp_hal_time_ns() / 1000000000;
}

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int_from_uint(seconds());
}

#if MICROPY_VERSION_MAJOR == 1 && MICROPY_VERSION_MINOR < 27
static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t tm;
    timeutils_seconds_since_epoch_to_struct_time(seconds(), &tm);
    mp_obj_t items[] = {
        MP_OBJ_NEW_SMALL_INT(tm.tm_year), MP_OBJ_NEW_SMALL_INT(tm.tm_mon), MP_OBJ_NEW_SMALL_INT(tm.tm_mday),
        MP_OBJ_NEW_SMALL_INT(tm.tm_hour), MP_OBJ_NEW_SMALL_INT(tm.tm_min), MP_OBJ_NEW_SMALL_INT(tm.tm_sec),
        MP_OBJ_NEW_SMALL_INT(tm.tm_wday), MP_OBJ_NEW_SMALL_INT(tm.tm_yday),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
#else
static void mp_time_localtime_get(timeutils_struct_time_t *tm) {
    timeutils_seconds_since_epoch_to_struct_time(seconds(), tm);
}
#endif
