# SPDX-License-Identifier: MIT
"""ARP frames of RFC 5227: built into one buffer, read where they lie.

A frame is Ethernet II with a 28-octet ARP packet, 42 octets; padding is the driver's business.
What is received is compared with `own`, the frame that the interface itself sends, with its address as
target. The link has seen to the form of it. No function here allocates after `new_request`.
"""

from micropython import const

_SOURCE = const(6)
_OPCODE = const(21)  # its low octet
_SHA = const(22)  # sender hardware address
_SPA = const(28)  # sender protocol address
_THA = const(32)  # target hardware address: zeros in what we send
_TPA = const(38)  # target protocol address

_REPLY = const(2)


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


def is_conflicting(frame, own):
    """Is our address the sender protocol address of this packet (RFC 3927 2.5)?"""
    return _same(frame, _SPA, own, _TPA, 4)


def is_probe(frame, own):
    """Is this a probe for our address: our target, and zero as sender (RFC 5227 1.1)?"""
    return _same(frame, _TPA, own, _TPA, 4) and _same(frame, _SPA, own, _THA, 4)


def is_answer(frame, own):
    """Is this the Reply to a probe of ours: to our MAC, and to the sender address of probes, zero?"""
    return frame[_OPCODE] == _REPLY and _same(frame, _THA, own, _SHA, 6) and _same(frame, _TPA, own, _THA, 4)


def sender_is_source(frame):
    """Do the Ethernet source and the ARP sender hardware address agree?"""
    return _same(frame, _SHA, frame, _SOURCE, 6)


def copy_sender(frame, mac):
    """Copy the sender hardware address into the 6-byte buffer `mac`."""
    _copy(mac, 0, frame, _SHA, 6)


def _same(a, at, b, b_at, count):
    while count:
        count -= 1
        if a[at + count] != b[b_at + count]:
            return False
    return True


def _copy(to, at, b, b_at, count):
    while count:
        count -= 1
        to[at + count] = b[b_at + count]
