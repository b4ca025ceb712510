# SPDX-License-Identifier: MIT
"""The filter that selects which frames a link returns to the service, see the contract in autoip.service.

The simulated links of the tests use this file. The firmware has its own filter in C. This file uses no code
of lib/autoip.
"""

_HEADER = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00"  # up to the high byte of the opcode
_REQUEST, _REPLY = b"\x00\x01", b"\x00\x02"
_BROADCAST = b"\xff\xff\xff\xff\xff\xff"
_ANY = b"\x00\x00\x00\x00"

# The values that receive() returns.
CLAIM, PROBE, ANSWER, ROUTABLE_CLAIM = 1, 2, 3, 4


def address(host):
    """The 4 bytes of the address 169.254.x.y with this 16-bit host part."""
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
    """Is it a complete ARP Request or Reply of IPv4 over Ethernet?"""
    return len(frame) >= 42 and frame[12:21] == _HEADER and frame[20:22] in (_REQUEST, _REPLY)


def is_malformed(frame, host):
    """Is this a frame of type ARP with the address as sender or target, but not a complete ARP packet?"""
    named = address(host) in (sender(frame), target(frame))
    return frame[12:14] == b"\x08\x06" and named and not is_arp(frame)


def kind(frame, mac, watched, in_use, own=None):
    """What receive() returns for this complete ARP packet of another host. 0: the packet is dropped.

    mac: the interface's MAC. watched: a host part, or -1. in_use: True if the watched address is in use. own:
    the interface's own routable address as 4 bytes, or None.
    """
    if watched >= 0 and sender(frame) == address(watched):
        is_answer = frame[20:22] == _REPLY and frame[32:38] == mac and target(frame) == _ANY
        return ANSWER if is_answer else CLAIM
    if own and sender(frame) == own:
        return ROUTABLE_CLAIM
    is_probe = frame[:6] == _BROADCAST and frame[20:22] == _REQUEST and sender(frame) == _ANY
    if is_probe and watched >= 0 and target(frame) == address(watched) and not in_use:
        return PROBE
    return 0
