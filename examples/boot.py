# SPDX-License-Identifier: MIT
# A link-local address from power-up on: copy this to the board as boot.py.
import autoip
import network

nic = network.LAN()
nic.active(True)
autoip.start(nic)
