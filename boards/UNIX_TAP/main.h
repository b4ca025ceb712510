// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_UNIX_TAP_MAIN_H
#define AUTOIP_BOARDS_UNIX_TAP_MAIN_H

// Of the board: start lwIP, and what runs it and the driver.
void board_power_up(void);

#endif
