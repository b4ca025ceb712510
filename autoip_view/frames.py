# SPDX-License-Identifier: MIT
"""Decode one frame of a capture: ARP for IPv4, a ping, an mDNS message, or a request to a DHCP server.

For any bytes, decode() returns a value or raises Malformed.
"""

import socket
import struct
from dataclasses import dataclass

ANY = "0.0.0.0"

# The link types of a capture (tcpdump.org/linktypes.html). Linux uses the types 113 and 276 for `-i any`.
# _HEADERS: link type -> the offsets of the ethertype and of the payload.
ETHERNET = 1
_HEADERS = {ETHERNET: (12, 14), 113: (14, 16), 276: (0, 20)}
LINK_TYPES = frozenset(_HEADERS)
_SOURCES = {ETHERNET: 6, 113: 6, 276: 12}  # the offset of the sender's MAC

_ETHERTYPE_IPV4 = 0x0800
_ETHERTYPE_ARP = 0x0806
_ETHERTYPE_IPV6 = 0x86DD
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ARP_FOR_IPV4 = (1, _ETHERTYPE_IPV4, 6, 4)  # hardware type, protocol type, and the lengths of their addresses
_REQUEST = 1
_REPLY = 2
_ICMP = 1
_ECHO = 8  # type of a ping; the type of the answer is 0
_FRAGMENT = 0x1FFF  # the fragment offset in the IPv4 header
_IPV4 = 20  # bytes of the headers without options
_IPV6 = 40
_UDP_HEADER = 8
_UDP = 17
_MDNS = 5353  # ports
_DHCP_SERVER = 67
_DHCP_MAGIC = (236, b"\x63\x82\x53\x63")  # offset of the options, and their first bytes (RFC 2131 section 3)
_DHCP_PAD = 0
_DHCP_END = 255
_DHCP_HOST_NAME = 12
_GROUP = 1  # bit of a MAC's first byte: multicast and broadcast
_NOBODY = bytes(6)


class Malformed(ValueError):
    """An ARP frame that is cut short, is not for IPv4 over Ethernet, or has an impossible sender."""


@dataclass(frozen=True, slots=True)
class Arp:
    """An ARP Request or Reply. The MACs come from the ARP packet. Their form is "28:cd:c1:00:00:01"."""

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
        """An announcement may also be a Reply, because some hosts announce with a Reply (RFC 5227 3)."""
        return self.sender == self.target

    @property
    def answers_probe(self):
        return not self.request and self.target == ANY


@dataclass(frozen=True, slots=True)
class Echo:
    """A ping, or the reply to a ping. mac: the MAC of the host that sent the frame."""

    request: bool
    mac: str
    sender: str
    target: str


@dataclass(frozen=True, slots=True)
class Mdns:
    """An mDNS message. mac, sender: the MAC and IPv4 address of its sender. sender is "" for IPv6."""

    mac: str
    sender: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Dhcp:
    """A message from a host to a DHCP server. name: the host name in the message (bytes), or b""."""

    mac: str
    name: bytes


def decode(raw, link_type=ETHERNET):
    """Returns Arp, Echo, Mdns, Dhcp, or None for any other frame. A frame with a VLAN tag belongs to another
    link, so the result is None.

    raw: the captured bytes. link_type: the link type of the capture, one of LINK_TYPES. Raises Malformed.
    """
    if link_type not in _HEADERS:
        return None
    ethertype_at, payload_at = _HEADERS[link_type]
    ethertype = int.from_bytes(raw[ethertype_at : ethertype_at + 2])
    if ethertype == _ETHERTYPE_ARP:
        return _arp(raw[payload_at:])
    source = _SOURCES[link_type]
    if ethertype == _ETHERTYPE_IPV4:
        return _ipv4(_mac(raw[source : source + 6]), raw[payload_at:])
    if ethertype == _ETHERTYPE_IPV6:
        return _ipv6(_mac(raw[source : source + 6]), raw[payload_at:])
    return None


def _arp(packet):
    if len(packet) < _ARP.size:
        raise Malformed("cut short")
    *form, opcode, mac, sender, target_mac, target = _ARP.unpack_from(packet)
    if tuple(form) != _ARP_FOR_IPV4:
        raise Malformed("not for IPv4 over Ethernet")
    if opcode not in (_REQUEST, _REPLY):
        raise Malformed("neither a Request nor a Reply")
    if mac[0] & _GROUP or mac == _NOBODY:
        raise Malformed("its sender is a multicast or an all-zero MAC")
    sender, target = socket.inet_ntoa(sender), socket.inet_ntoa(target)
    arp = Arp(opcode == _REQUEST, _mac(mac), sender, _mac(target_mac), target)
    if arp.is_probe and (not arp.request or arp.is_announcement):
        raise Malformed("it has no sender address and is not a probe")
    return arp


def _ipv4(mac, packet):
    if len(packet) < _IPV4 or int.from_bytes(packet[6:8]) & _FRAGMENT:
        return None
    payload = packet[4 * (packet[0] & 0xF) :]
    sender, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
    if packet[9] == _ICMP and payload[:1] in (b"\x08", b"\x00"):
        return Echo(payload[0] == _ECHO, mac, sender, target)
    if packet[9] == _UDP:
        return _udp(mac, sender, payload)
    return None


def _ipv6(mac, packet):
    return _udp(mac, "", packet[_IPV6:]) if packet[6:7] == bytes([_UDP]) else None


def _udp(mac, sender, packet):
    port = int.from_bytes(packet[2:4])
    if port == _MDNS:
        return Mdns(mac, sender, packet[_UDP_HEADER:])
    if port == _DHCP_SERVER and sender == ANY:
        return _dhcp(packet[_UDP_HEADER:])
    return None


def _dhcp(message):
    start, magic = _DHCP_MAGIC
    if message[start : start + len(magic)] != magic or message[1:3] != b"\x01\x06":
        return None
    mac = message[28:34]
    return None if mac[0] & _GROUP or mac == _NOBODY else Dhcp(_mac(mac), _host_name(message[start + 4 :]))


def _host_name(options):
    at = 0
    while at + 1 < len(options) and options[at] != _DHCP_END:
        kind, length = options[at], options[at + 1]
        if kind == _DHCP_PAD:
            at += 1
            continue
        if kind == _DHCP_HOST_NAME:
            return bytes(options[at + 2 : at + 2 + length])
        at += 2 + length
    return b""


def _mac(data):
    return data.hex(":")
