# SPDX-License-Identifier: MIT
# Print the board's link-local address and what happens to it. For the prompt of any board, after boot.py has
# activated an interface. If boot.py has started the service as well, this uses that service.
import autoip


def on_event(event, service):
    print(event, service.address)


service = autoip.get() or autoip.start(delay=200)
service.on_event = on_event
print("my address is", service.wait(15000))
