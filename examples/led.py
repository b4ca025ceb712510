# SPDX-License-Identifier: MIT
# The LED is lit while the board has its link-local address. For any board with an LED, as main.py after
# boot.py. Events come from the scheduler, so the program has nothing to wait for.
import autoip
from machine import Pin

led = Pin("LED", Pin.OUT)


def on_event(event, service):
    led.value(service.address is not None)


service = autoip.get() or autoip.start()
service.on_event = on_event
on_event("now", service)
