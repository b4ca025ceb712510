# SPDX-License-Identifier: MIT
# Print the board's link-local address and what happens to it. For any board: if boot.py has not started the
# service, this starts it on the board's interface. A WLAN must be connected to have an address.
import autoip
import network


def on_event(event, service):
    print(event, service.address)


service = autoip.get()
if not service:
    kind = next(kind for kind in ("WLAN", "WIZNET5K", "LAN") if hasattr(network, kind))
    nic = getattr(network, kind)()
    nic.active(True)
    service = autoip.start(nic, delay=200)
service.on_event = on_event
print("my address is", service.wait(15000))
