// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_UNIX_TAP_MAIN_H
#define AUTOIP_BOARDS_UNIX_TAP_MAIN_H

// Implemented by the board: starts lwIP, and whatever runs lwIP and the driver.
void board_power_up(void);

#endif
