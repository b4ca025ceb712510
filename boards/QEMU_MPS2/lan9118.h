// SPDX-License-Identifier: MIT
// The LAN9118 Ethernet controller: frames in and out, and the link. Does not use lwIP.
#ifndef AUTOIP_BOARDS_QEMU_MPS2_LAN9118_H
#define AUTOIP_BOARDS_QEMU_MPS2_LAN9118_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAN9118_FRAME_MAX (1514) // without CRC

// A frame and its CRC, rounded up to words.
typedef uint32_t lan9118_frame_t[(LAN9118_FRAME_MAX + 4 + 3) / 4];

void lan9118_init(void);
void lan9118_get_mac(uint8_t mac[6]);

bool lan9118_send(const lan9118_frame_t frame, size_t len);

// Returns the length of the received frame, 0 if no frame waits, or -1 if the frame was bad.
int lan9118_receive(lan9118_frame_t frame);

// Returns the controller's count of frames that it has dropped since the last call. In the emulator this is always 0,
// because the emulator does not count dropped frames. It also has no interrupts for an overflow.
uint32_t lan9118_lost(void);

// Returns true if the controller may have dropped frames since the last call. Call this before each
// lan9118_receive(), so that it misses no dropped frame.
bool lan9118_was_full(void);

bool lan9118_link_changed(void); // true if it has changed since the last call
bool lan9118_link_up(void);

// After this call, LAN_Handler() is called once, as soon as a frame has arrived or the link has changed.
void lan9118_interrupt_on(void);
void lan9118_interrupt_off(void);

#endif
