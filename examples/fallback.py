# SPDX-License-Identifier: MIT
# An address that the board can be reached at: the DHCP server's, or a link-local one where there is none.
# With `old` the link-local address is given up when a lease comes, and claimed again when that is gone.
import autoip
import network

nic = network.LAN()
nic.active(True)
service = autoip.start(nic, old=True)
print("my address is", service.wait())
