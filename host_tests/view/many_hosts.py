# SPDX-License-Identifier: MIT
"""A synthetic capture of many hosts. Each claims an address, announces its name, and replies to a ping."""

import functools

from links import BEGIN, answer, claim, ping
from wire.frames import mdns_response


def mac_of(number):
    return f"28:cd:c1:00:{number >> 8:02x}:{number & 255:02x}"


def address_of(number):
    return f"169.254.{1 + number // 250}.{number % 250}"


@functools.cache
def crowd(count):
    """The frames (s since 1970, bytes) of hosts that start within a minute, in the order of time."""
    timed = []
    for number in range(count):
        mac, address, start = mac_of(number), address_of(number), 60 * number / count
        timed += claim(address, mac, start)
        timed.append((start + 6, mdns_response(mac, address, f"board{number}.local.")))
        timed.append((start + 8, ping(address, "169.254.7.9", mac, "echo-reply")))
        if number % 10 == 0:  # it answers a probe of the next host
            timed.append((start + 9, answer(address, mac, mac_of(number + 1))))
    return [(BEGIN + at, bytes(frame)) for at, frame in sorted(timed, key=lambda each: each[0])]
