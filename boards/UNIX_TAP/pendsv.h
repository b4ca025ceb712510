// SPDX-License-Identifier: MIT
#ifndef AUTOIP_BOARDS_UNIX_TAP_PENDSV_H
#define AUTOIP_BOARDS_UNIX_TAP_PENDSV_H

void pendsv_init(void);
void pendsv_suspend(void);
void pendsv_resume(void);

#endif
