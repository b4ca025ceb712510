# SPDX-License-Identifier: MIT
# An address at which the board can be reached: the DHCP address, or a link-local one if there is no server.
# For any board, after boot.py. `old` is an option of start(), so this example restarts the service.
import autoip

service = autoip.get() or autoip.start()
service.stop()
service = autoip.start(service.nic, old=True)
print("my address is", service.wait())
