# SPDX-License-Identifier: MIT
# An address at which the board can be reached: the DHCP server's, or a link-local one without a server.
# For any board, after boot.py. `old` is an option of start(), so this starts the service again.
import autoip

service = autoip.get() or autoip.start()
service.stop()
service = autoip.start(service.nic, old=True)
print("my address is", service.wait())
