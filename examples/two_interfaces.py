# SPDX-License-Identifier: MIT
# Wi-Fi and Ethernet, each with a service and an address of its own, which is known on its own link only.
# Where one is missing, the other goes on.
import autoip
import network


def on_event(event, service):
    print(service.name, event, service.address)


for kind in ("WLAN", "WIZNET5K", "LAN"):
    if hasattr(network, kind):
        nic = getattr(network, kind)()
        nic.active(True)
        autoip.start(nic, on_event=on_event)
