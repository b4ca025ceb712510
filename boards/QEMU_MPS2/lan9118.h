// SPDX-License-Identifier: MIT
// The LAN9118 Ethernet controller: frames in and out, and the link. Knows nothing of lwIP.
#ifndef AUTOIP_BOARDS_QEMU_MPS2_LAN9118_H
#define AUTOIP_BOARDS_QEMU_MPS2_LAN9118_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAN9118_FRAME_MAX (1514) // without CRC

// A frame and its CRC in whole words.
typedef uint32_t lan9118_frame_t[(LAN9118_FRAME_MAX + 4 + 3) / 4];

void lan9118_init(void);
void lan9118_get_mac(uint8_t mac[6]);

bool lan9118_send(const lan9118_frame_t frame, size_t len);

// Returns the length of the frame taken in, 0 if none waits, -1 if it was a bad one.
int lan9118_receive(lan9118_frame_t frame);

// Frames lost by the controller since the last call. The emulator tells of none, nor has it the
// interrupts of an overflow.
uint32_t lan9118_lost(void);

// May the controller have lost frames since the last call? True for sure if it did, provided this is
// called between every two frames taken in.
bool lan9118_was_full(void);

bool lan9118_link_changed(void); // since the last call
bool lan9118_link_up(void);

// LAN_Handler() is called when a frame or a change of the link waits, once after each call of this.
void lan9118_interrupt_on(void);
void lan9118_interrupt_off(void);

#endif
