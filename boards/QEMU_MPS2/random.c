// SPDX-License-Identifier: MIT
// Random numbers for protocols, not for secrets: the machine's only source of randomness is its clock.

#include "py/mphal.h"

#include "random.h"

static uint32_t state;

static uint32_t stir(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6b;
    x = (x ^ x >> 13) * 0xc2b2ae35;
    return x ^ x >> 16;
}

void board_random_seed(const uint8_t mac[6]) {
    for (int i = 0; i < 6; ++i) {
        state = stir(state ^ mac[i]) + i;
    }
}

uint32_t board_random(void) {
    // A call in an interrupt at the same time does no harm.
    state = stir(state ^ FPGAIO_COUNTER) + 0x9e3779b9;
    return stir(state);
}

// MicroPython 1.28 and later call this function.
void mp_hal_get_random(size_t count, uint8_t *bytes) {
    for (size_t i = 0; i < count; ++i) {
        bytes[i] = board_random();
    }
}
