# SPDX-License-Identifier: MIT
"""Link-local addresses: as text, and which of them a board tries in which order.

An address is its 16-bit host part everywhere in autoip: 0x1414 is 169.254.20.20. That keeps it a
small int on 32-bit boards, where numbers from 2**30 on live on the heap.
"""

from micropython import const

# RFC 3927 2.1: the first and the last 256 addresses of 169.254/16 are reserved.
_FIRST = const(0x0100)
_LAST = const(0xFEFF)

_COUNT = const(0xFE00)  # 65,024 addresses = 2**9 * 127
_PARITIES = const(0x6996)  # bit n: the parity of the four bits of n


def candidate(mac, count):
    """Host part that the board with this MAC tries after this number of others.

    mac: 6 bytes. count: 0 for the first choice, or more. The same arguments always give the same answer, in
    0x0100 - 0xFEFF (RFC 3927 2.1). A board meets no address twice in 65,024 attempts.

    The vendor (octets 0 - 2) picks a line through the addresses, and the device number (octets
    3 - 5) is the place on it. A slope that shares no factor with 65,024 keeps device numbers of one
    vendor apart up to a distance of 65,023. All slopes are odd and the parity of the vendor's bits
    goes into the offset, so flipping any one bit of the MAC changes the first choice. Later attempts
    are scattered from there, by all six octets: two boards that met part again, and no board follows
    another vendor's line, where one taken address comes after another.
    """
    place = ((mac[3] * 65536) + (mac[4] * 256) + mac[5]) % _COUNT
    bits = mac[0] ^ mac[1] ^ mac[2]
    bits ^= bits >> 4
    offset = 2 * _mix(mac, 3, 0x5EED) + (_PARITIES >> (bits & 15) & 1)
    # Odd and no multiple of 127: no factor in common with 65,024. Below 2**14: times a place, a small int.
    slope = _mix(mac, 3, 0) % 8191 * 2 + 1
    if slope % 127 == 0:
        slope += 2
    first = slope * place % _COUNT + offset
    return (first + _scatter(mac, count % _COUNT) - _scatter(mac, 0)) % _COUNT + _FIRST


def text(host):
    """Host part -> "169.254.x.y", -1 -> None."""
    return "169.254.%d.%d" % (host >> 8, host & 255) if host >= 0 else None


def host_part(ip):
    """ "169.254.x.y" -> host part.

    ValueError unless it is in 169.254.1.0 - 169.254.254.255 (RFC 3927 2.1).
    """
    octets = ip.split(".") if isinstance(ip, str) else ()
    if len(octets) == 4:
        host = number(octets[2]) << 8 | number(octets[3])
        if _FIRST <= host <= _LAST and text(host) == ip:
            return host
    raise ValueError("ip: 169.254.1.0 - 169.254.254.255")


def number(digits):
    """Text of 1 - 4 digits -> int; else -1. int() takes signs, spaces and underscores too."""
    return int(digits) if digits.isdigit() and len(digits) <= 4 else -1


def _mix(mac, count, seed):
    # 65,535 * 14,893 is below 2**30; each round is one-to-one in the running value.
    for i in range(count):
        seed = ((seed ^ mac[i]) * 14893 + 29) & 0xFFFF
        seed ^= seed >> 7
    return seed


def _scatter(mac, number):
    # One-to-one on 0 - 65,023, as _mix() is on 16 bits: what it takes out of that range it also brings back.
    while True:
        number = _mix(mac, 6, number)
        if number < _COUNT:
            return number
