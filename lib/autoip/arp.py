"""ARP frames of RFC 5227: built into one buffer, read where they lie.

A frame is Ethernet II with a 28-octet ARP packet, 42 octets; padding is the driver's business.
No function here allocates after `new_request`.
"""

from micropython import const

LENGTH = const(42)

_DESTINATION = const(0)
_SOURCE = const(6)
_OPCODE = const(21)
_SHA = const(22)  # sender hardware address
_SPA = const(28)  # sender protocol address
_TPA = const(38)  # target protocol address

_REQUEST = const(1)

# ethertype, hardware type, protocol type, hardware length, protocol length, opcode (high octet)
_HEADER = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00"
_HEADER_AT = const(12)


def new_request(mac):
    """A broadcast ARP Request from `mac` (6 bytes) with all protocol addresses zero."""
    frame = bytearray(LENGTH)
    for i in range(len(_HEADER)):
        frame[_HEADER_AT + i] = _HEADER[i]
    frame[_OPCODE] = _REQUEST
    set_sender(frame, mac)
    return frame


def set_sender(frame, mac):
    """Put `mac` into the frame as Ethernet source and ARP sender; the destination is broadcast."""
    for i in range(6):
        frame[_DESTINATION + i] = 0xFF
        frame[_SOURCE + i] = frame[_SHA + i] = mac[i]


def make_probe(frame, host):
    """RFC 5227 1.1: sender protocol address zero, target the address that is probed."""
    _clear(frame, _SPA)
    _set(frame, _TPA, host)


def make_announcement(frame, host):
    """RFC 5227 1.1: the probe with sender and target protocol address both the address in use."""
    _set(frame, _SPA, host)
    _set(frame, _TPA, host)


def is_packet(frame, length):
    """Is it an ARP Request or Reply for IPv4 over Ethernet, and whole?"""
    if length < LENGTH:
        return False
    for i in range(len(_HEADER)):
        if frame[_HEADER_AT + i] != _HEADER[i]:
            return False
    return 1 <= frame[_OPCODE] <= 2


def is_probe(frame, host):
    """Is this packet a probe for the address: a broadcast Request with no sender address?

    A unicast one is a router's or an access point's neighbour poll.
    """
    return (
        frame[_OPCODE] == _REQUEST
        and _is(frame, _TPA, host)
        and not (frame[_SPA] or frame[_SPA + 1] or frame[_SPA + 2] or frame[_SPA + 3])
        and _is_broadcast(frame)
    )


def is_from(frame, host):
    """Is the sender protocol address this link-local address?"""
    return _is(frame, _SPA, host)


def sender_is(frame, mac):
    """Is the sender hardware address `mac`?"""
    for i in range(6):
        if frame[_SHA + i] != mac[i]:
            return False
    return True


def sender_is_source(frame):
    """Do the Ethernet source and the ARP sender hardware address agree?"""
    for i in range(6):
        if frame[_SHA + i] != frame[_SOURCE + i]:
            return False
    return True


def copy_sender(frame, mac):
    """Copy the sender hardware address into the 6-byte buffer `mac`."""
    for i in range(6):
        mac[i] = frame[_SHA + i]


def _is_broadcast(frame):
    for i in range(6):
        if frame[_DESTINATION + i] != 0xFF:
            return False
    return True


def _is(frame, at, host):
    return (
        frame[at + 3] == host & 255
        and frame[at + 2] == host >> 8
        and frame[at + 1] == 254
        and frame[at] == 169
    )


def _set(frame, at, host):
    frame[at] = 169
    frame[at + 1] = 254
    frame[at + 2] = host >> 8
    frame[at + 3] = host & 255


def _clear(frame, at):
    for i in range(4):
        frame[at + i] = 0
