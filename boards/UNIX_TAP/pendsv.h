#ifndef AUTOIP_BOARDS_UNIX_TAP_PENDSV_H
#define AUTOIP_BOARDS_UNIX_TAP_PENDSV_H

// Have the interrupt taken when this file descriptor becomes readable.
// Returns 0 or an errno.
int pendsv_attach(int fd);

void pendsv_init(void);
void pendsv_suspend(void);
void pendsv_resume(void);

#endif
