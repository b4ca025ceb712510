// SPDX-License-Identifier: MIT
// What lwipopts_common.h of MicroPython asks for.
