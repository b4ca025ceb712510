// SPDX-License-Identifier: MIT
// The definitions that lwipopts_common.h of MicroPython needs.
