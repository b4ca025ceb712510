# SPDX-License-Identifier: MIT
"""ARP frames of RFC 5227, built in one buffer.

A frame is Ethernet II with an ARP packet of 28 bytes, 42 bytes in total; the driver adds the padding. The
link judges received frames. No function here allocates memory except `new_request`.
"""

from micropython import const

_SOURCE = const(6)
_SHA = const(22)  # sender hardware address
_SPA = const(28)  # sender protocol address
_THA = const(32)  # target hardware address: zeros in what we send
_TPA = const(38)  # target protocol address


def new_request():
    """A broadcast ARP Request for IPv4 over Ethernet, its sender to be set, its target 169.254.x.y.

    -> (the frame, a view of its sender hardware address)
    """
    frame = bytearray(
        b"\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\x08\x06"  # Ethernet: to all, ARP
        b"\x00\x01\x08\x00\x06\x04\x00\x01"  # a Request for IPv4 over Ethernet
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xa9\xfe\0\0"  # sender; target: 169.254.0.0
    )
    return frame, memoryview(frame)[_SHA:_SPA]


def set_sender(frame, mac):
    """Put `mac` into the frame as Ethernet source and ARP sender."""
    _copy(frame, _SOURCE, mac, 0, 6)
    _copy(frame, _SHA, mac, 0, 6)


def make_probe(frame, host):
    """RFC 5227 1.1: sender protocol address zero, target the address that is probed."""
    _copy(frame, _SPA, frame, _THA, 4)
    frame[_TPA + 2] = host >> 8
    frame[_TPA + 3] = host & 255


def make_announcement(frame):
    """RFC 5227 1.1: the probe with the address in use as sender protocol address as well."""
    _copy(frame, _SPA, frame, _TPA, 4)


def sender_is_source(frame):
    """Return True if the Ethernet source and the ARP sender hardware address are the same."""
    for i in range(6):
        if frame[_SHA + i] != frame[_SOURCE + i]:
            return False
    return True


def copy_sender(frame, mac):
    """Copy the sender hardware address into the 6-byte buffer `mac`."""
    _copy(mac, 0, frame, _SHA, 6)


def _copy(to, at, b, b_at, count):
    while count:
        count -= 1
        to[at + count] = b[b_at + count]
