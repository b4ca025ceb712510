# SPDX-License-Identifier: MIT
"""Converts link-local addresses to and from text, and chooses the order in which a board tries them.

autoip stores an address as its 16-bit host part: 0x1414 is 169.254.20.20. So an address is a small int on
32-bit boards, where an int of 2**30 or more is allocated on the heap.
"""

from micropython import const

# RFC 3927 2.1: the first and the last 256 addresses of 169.254/16 are reserved.
_FIRST = const(0x0100)
_LAST = const(0xFEFF)

_COUNT = const(0xFE00)  # 65,024 addresses = 2**9 * 127
_PARITIES = const(0x6996)  # bit n: the parity of the four bits of n


def candidate(mac, count):
    """The host part that the board with this MAC tries after `count` other addresses.

    mac: 6 bytes. count: 0 for the first choice, 1 for the second, ... The result depends only on these, and
    is in 0x0100 - 0xFEFF (RFC 3927 2.1). A board tries all 65,024 addresses before it repeats one.

    The first choice is slope * device + offset. The vendor (bytes 0 - 2 of the MAC) determines the slope and
    the offset. Bytes 3 - 5 are the device number. The slope has no factor in common with 65,024, so two
    devices of one vendor choose different addresses if their numbers differ in one bit, or by less than
    65,024. If one bit of the vendor changes, so does the parity of the offset. slope * device keeps its
    parity, because all slopes are odd. 65,024 is even, so the first choice changes, too. Later choices are
    scattered and depend on all six bytes. So boards with the same first choice almost always have different
    second choices. Later choices do not follow another vendor's first choices, which are one slope apart.
    """
    device = ((mac[3] * 65536) + (mac[4] * 256) + mac[5]) % _COUNT
    bits = mac[0] ^ mac[1] ^ mac[2]
    bits ^= bits >> 4
    offset = 2 * _mix(mac, 3, 0x5EED) + (_PARITIES >> (bits & 15) & 1)
    # The slope is odd and not a multiple of 127, so it has no factor in common with 65,024. The slope is
    # below 2**14, so its product with a device number is a small int.
    slope = _mix(mac, 3, 0) % 8191 * 2 + 1
    if slope % 127 == 0:
        slope += 2
    first = slope * device % _COUNT + offset
    return (first + _scatter(mac, count % _COUNT) - _scatter(mac, 0)) % _COUNT + _FIRST


def text(host):
    """Returns the address with this host part as "169.254.x.y", or None for -1."""
    return "169.254.%d.%d" % (host >> 8, host & 255) if host >= 0 else None


def host_part(ip):
    """Returns the host part of the address "169.254.x.y".

    ValueError unless it is in 169.254.1.0 - 169.254.254.255 (RFC 3927 2.1).
    """
    parts = ip.split(".") if isinstance(ip, str) else ()
    if len(parts) == 4:
        host = number(parts[2]) << 8 | number(parts[3])
        if _FIRST <= host <= _LAST and text(host) == ip:
            return host
    raise ValueError("ip: 169.254.1.0 - 169.254.254.255")


def number(digits):
    """Returns the int of 1 - 4 digits, else -1. int() would also accept signs, spaces and underscores."""
    return int(digits) if digits.isdigit() and len(digits) <= 4 else -1


def _mix(mac, count, seed):
    # 65,535 * 14,893 is below 2**30, so each product is a small int. Each round maps the value one-to-one.
    for i in range(count):
        seed = ((seed ^ mac[i]) * 14893 + 29) & 0xFFFF
        seed ^= seed >> 7
    return seed


def _scatter(mac, number):
    # One-to-one on 0 - 65,023, because _mix() is one-to-one on 16 bits. If _mix() returns a value outside
    # this range, the value is mapped again until it is in the range.
    while True:
        number = _mix(mac, 6, number)
        if number < _COUNT:
            return number
