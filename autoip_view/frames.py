# SPDX-License-Identifier: MIT
"""One frame of a capture: whom it tells of, ARP for IPv4 or a ping.

Whatever is in a frame, decode() returns or raises Malformed.
"""

import socket
import struct
from dataclasses import dataclass

ANY = "0.0.0.0"

# Link types of a capture (tcpdump.org/linktypes.html): octets before the ethertype, and before the payload.
ETHERNET = 1
_HEADERS = {ETHERNET: (12, 14), 113: (14, 16), 276: (0, 20)}  # the others: what Linux writes for `-i any`
LINK_TYPES = frozenset(_HEADERS)
_SOURCES = {ETHERNET: 6, 113: 6, 276: 12}  # where the sender's MAC is

_ETHERTYPE_IPV4 = 0x0800
_ETHERTYPE_ARP = 0x0806
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ARP_FOR_IPV4 = (1, _ETHERTYPE_IPV4, 6, 4)  # hardware type, protocol type, and the lengths of their addresses
_REQUEST = 1
_REPLY = 2
_ICMP = 1
_ECHO = 8  # type of a ping; of the answer 0
_FRAGMENT = 0x1FFF  # offset of a fragment, in the IPv4 header
_GROUP = 1  # bit of a MAC's first octet: multicast and broadcast
_NOBODY = bytes(6)


class Malformed(ValueError):
    """An ARP frame that is cut short, not for IPv4 over Ethernet, or of a sender that can't be one."""


@dataclass(frozen=True, slots=True)
class Arp:
    """An ARP Request or Reply. MACs are those in the ARP packet, as "28:cd:c1:00:00:01"."""

    request: bool
    mac: str  # sender hardware address
    sender: str  # sender protocol address
    target_mac: str
    target: str

    @property
    def is_probe(self):
        return self.sender == ANY

    @property
    def is_announcement(self):
        """Also as a Reply, as some hosts send it (RFC 5227 3)."""
        return self.sender == self.target

    @property
    def answers_probe(self):
        return not self.request and self.target == ANY


@dataclass(frozen=True, slots=True)
class Echo:
    """A ping, or the answer to one. mac: of who sent the frame."""

    request: bool
    mac: str
    sender: str
    target: str


def decode(raw, link_type=ETHERNET):
    """-> Arp, Echo, or None if the frame tells of neither. A frame with a VLAN tag is one of another link.

    raw: bytes as they were captured. link_type: of the capture, one of LINK_TYPES. Raises Malformed.
    """
    if link_type not in _HEADERS:
        return None
    ethertype_at, payload_at = _HEADERS[link_type]
    ethertype = int.from_bytes(raw[ethertype_at : ethertype_at + 2])
    if ethertype == _ETHERTYPE_ARP:
        return _arp(raw[payload_at:])
    if ethertype == _ETHERTYPE_IPV4:
        source = _SOURCES[link_type]
        return _echo(_mac(raw[source : source + 6]), raw[payload_at:])
    return None


def _arp(packet):
    if len(packet) < _ARP.size:
        raise Malformed("cut short")
    *form, opcode, mac, sender, target_mac, target = _ARP.unpack_from(packet)
    if tuple(form) != _ARP_FOR_IPV4:
        raise Malformed("not for IPv4 over Ethernet")
    if opcode not in (_REQUEST, _REPLY):
        raise Malformed("neither Request nor Reply")
    if mac[0] & _GROUP or mac == _NOBODY:
        raise Malformed("its sender is a group, or nobody")
    sender, target = socket.inet_ntoa(sender), socket.inet_ntoa(target)
    arp = Arp(opcode == _REQUEST, _mac(mac), sender, _mac(target_mac), target)
    if arp.is_probe and (not arp.request or arp.is_announcement):
        raise Malformed("it is from nobody, and no probe")
    return arp


def _echo(mac, packet):
    if len(packet) < 20:
        return None
    length = 4 * (packet[0] & 0xF)
    fragment = int.from_bytes(packet[6:8]) & _FRAGMENT
    if packet[9] != _ICMP or fragment or packet[length : length + 1] not in (b"\x08", b"\x00"):
        return None
    return Echo(
        packet[length] == _ECHO, mac, socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    )


def _mac(octets):
    return octets.hex(":")
