// SPDX-License-Identifier: MIT
// The time of files on a FAT file system.

#include "py/mphal.h"
#include "lib/oofatfs/ff.h"
#include "shared/timeutils/timeutils.h"

DWORD get_fattime(void) {
    timeutils_struct_time_t tm;
    timeutils_seconds_since_epoch_to_struct_time(mp_hal_time_ns() / 1000000000, &tm);
    return (tm.tm_year - 1980) << 25 | tm.tm_mon << 21 | tm.tm_mday << 16 | tm.tm_hour << 11 | tm.tm_min << 5
           | tm.tm_sec / 2;
}
