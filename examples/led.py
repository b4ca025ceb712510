# SPDX-License-Identifier: MIT
# The LED is lit while the board can be reached at its link-local address: events come from the scheduler, so
# the program has nothing to ask and nothing to wait for.
import autoip
import network
from machine import Pin

led = Pin("LED", Pin.OUT)


def on_event(event, service):
    led.value(service.address is not None)


nic = network.LAN()
nic.active(True)
service = autoip.start(nic, on_event=on_event)
