# SPDX-License-Identifier: MIT
# The same address after a restart, even if another host once drove the board off its first choice. The file
# has a line for each interface, and is written only when the address is another one.
import autoip
import network

nic = network.LAN()
nic.active(True)
service = autoip.start(nic, remember="autoip.txt")
print("my address is", service.wait())
