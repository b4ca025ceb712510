// SPDX-License-Identifier: MIT
// What Mbed TLS needs from a board: the time, and random numbers.

#include "py/mphal.h"
#include "shared/timeutils/timeutils.h"

#include "mbedtls/build_info.h"
#include "mbedtls/entropy.h"
#include "mbedtls/platform_time.h"
#include "mbedtls/platform_util.h"

uint32_t board_random(void);

time_t board_seconds(time_t *seconds) {
    time_t now = mp_hal_time_ns() / 1000000000;
    if (seconds) {
        *seconds = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return mp_hal_time_ns() / 1000000;
}

struct tm *mbedtls_platform_gmtime_r(const mbedtls_time_t *seconds, struct tm *tm) {
    timeutils_struct_time_t time;
    timeutils_seconds_since_epoch_to_struct_time(*seconds, &time);
    *tm = (struct tm) {
        .tm_year = time.tm_year - 1900, .tm_mon = time.tm_mon - 1, .tm_mday = time.tm_mday,
        .tm_hour = time.tm_hour, .tm_min = time.tm_min, .tm_sec = time.tm_sec,
    };
    return tm;
}

#if MICROPY_VERSION_MAJOR == 1 && MICROPY_VERSION_MINOR < 28 // later versions define it
int mbedtls_hardware_poll(void *data, unsigned char *output, size_t size, size_t *written) {
    (void)data;
    for (size_t i = 0; i < size; ++i) {
        output[i] = board_random();
    }
    *written = size;
    return 0;
}
#endif
