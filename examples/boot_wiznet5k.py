# SPDX-License-Identifier: MIT
# A link-local address on a board with a WIZnet chip, such as W5500_EVB_PICO: copy this to it as boot.py. The
# firmware knows the pins of the chip on this board. For a chip on other pins, see MicroPython's
# network.WIZNET5K.
import autoip
import network

nic = network.WIZNET5K()
nic.active(True)
autoip.start(nic)
