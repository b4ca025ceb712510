# SPDX-License-Identifier: MIT
# A link-local address on a Wi-Fi network: copy this to the board as boot.py. The interface must be active
# before autoip.start(). It need not be connected yet.
import autoip
import network

nic = network.WLAN(network.WLAN.IF_STA)
nic.active(True)
try:
    nic.connect("network", "password")
except OSError as error:  # after a soft reset an ESP32 may still be connecting
    print("Wi-Fi:", error)
autoip.start(nic)
