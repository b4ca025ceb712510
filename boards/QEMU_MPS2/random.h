// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_QEMU_MPS2_RANDOM_H
#define AUTOIP_BOARDS_QEMU_MPS2_RANDOM_H

#include <stdint.h>

// Makes the numbers differ from those of boards with another MAC.
void board_random_seed(const uint8_t mac[6]);

#endif
