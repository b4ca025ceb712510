# SPDX-License-Identifier: MIT
# Wi-Fi and Ethernet, each with its own service and its own address. Each address can be reached only on the
# link of its interface. For boards with WLAN and LAN or WIZNET5K. A board that has only one of them uses that
# interface. On an ESP32, pass the pins to network.LAN().
import autoip
import network


def on_event(event, service):
    print(service.name, event, service.address)


for kind in ("WLAN", "WIZNET5K", "LAN"):
    if hasattr(network, kind):
        nic = getattr(network, kind)()
        nic.active(True)
        service = autoip.get(nic) or autoip.start(nic)
        service.on_event = on_event
