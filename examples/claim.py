# SPDX-License-Identifier: MIT
# Claim a link-local address, tell of it and of what happens to it; the service runs on afterwards.
import autoip
import network


def on_event(event, service):
    print(event, service.address)


nic = network.LAN()
nic.active(True)
service = autoip.start(nic, delay=200, on_event=on_event)
print("my address is", service.wait(15000))
