# SPDX-License-Identifier: MIT
# The same address after a restart, even if another host once took the board's first choice. For any board,
# after boot.py. `remember` is an option of start(), so this example restarts the service. wait() saves the
# address.
import autoip

service = autoip.get() or autoip.start()
service.stop()
service = autoip.start(service.nic, remember="autoip.txt")
print("my address is", service.wait())
