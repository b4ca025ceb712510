# SPDX-License-Identifier: MIT
"""What a link lets through to the service, by the contract in autoip.service; for the links of the tests.

The firmware has its own in C. This one shares nothing with lib/autoip.
"""

_HEADER = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00"  # ARP of IPv4 over Ethernet, up to the opcode's high octet
_REQUEST, _REPLY = b"\x00\x01", b"\x00\x02"
_BROADCAST = b"\xff\xff\xff\xff\xff\xff"
_ANY = b"\x00\x00\x00\x00"


def address(host):
    """16-bit host part -> 4 octets of 169.254.x.y."""
    return bytes((169, 254, host >> 8, host & 255))


def sender_mac(frame):
    return frame[22:28]


def sender(frame):
    """The sender protocol address."""
    return frame[28:32]


def target(frame):
    """The target protocol address."""
    return frame[38:42]


def is_arp(frame):
    """Is it a whole ARP Request or Reply of IPv4 over Ethernet?"""
    return len(frame) >= 42 and frame[12:21] == _HEADER and frame[20:22] in (_REQUEST, _REPLY)


def is_malformed(frame, host):
    """Does it name the address as ARP would, but in a packet of another form?"""
    named = address(host) in (sender(frame), target(frame))
    return frame[12:14] == b"\x08\x06" and named and not is_arp(frame)


def may_conflict(frame, host, in_use):
    """Has this whole ARP packet the address as sender? Or is it a probe for it, while it is not in use?"""
    if sender(frame) == address(host):
        return True
    is_probe = frame[:6] == _BROADCAST and frame[20:22] == _REQUEST and sender(frame) == _ANY
    return is_probe and target(frame) == address(host) and not in_use
