# SPDX-License-Identifier: MIT
"""Describes the frames of a board in words, with roles instead of addresses. If two boards act in the same
way, their descriptions are equal.
"""

import zlib
from typing import NamedTuple

from scapy.layers.dns import DNS
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPerror, TCPerror, UDPerror

from .frames import BROADCAST

_EPHEMERAL = 32768  # the first port that Linux chooses; lwIP starts at 49152
_A = 1  # the type of a DNS record
_MDNS_GROUP = "224.0.0.251"
_DHCP = {67, 68}
_IGMP = 2
_SHORT = 32  # bytes of a payload that are shown
_GROUP_MAC = "01:00:5e:"


class Sent(NamedTuple):
    """A frame."""

    what: str
    source: str
    target: str
    detail: str
    to: str  # the role of a MAC; "all": broadcast; "group": the MAC of the multicast address

    def __str__(self):
        return f"{self.what}: {self.source} > {self.target} [to {self.to}] {self.detail}".rstrip()


class Roles:
    """The roles of addresses and MACs during a Turn of script_turn.py, in which a script runs with one board.

    own: the board's addresses. The first is OWN, the others are OTHER. shown: the address that the interface
    shows, which mDNS announces and IGMP uses. addresses, macs: the roles of other addresses, and of MACs.
    asks: address of a host -> address of the board. The host communicates with this address of the board. In
    frames to this host, the role of the board's address is OWN.
    """

    def __init__(self, own, shown, addresses, macs, asks):
        self._own = own
        self._shown = shown
        self._addresses = {**dict.fromkeys(own, "OTHER"), own[0]: "OWN", **addresses}
        self._macs = {BROADCAST: "all", **macs}
        self._asks = asks

    def address(self, address):
        return self._addresses.get(address, address)

    def source(self, address, target):
        """The role of the source address in a frame from the board to `target`."""
        if address not in self._own:
            return self.address(address)
        return "OWN" if address == self._asks.get(target, self._own[0]) else "OTHER"

    def mac(self, mac, address=None):
        if address and mac == _group_mac(address):
            return "group"
        return self._macs.get(mac, mac)

    def translated(self, value):
        """A value from JSON, with roles instead of addresses, and with * instead of ephemeral ports."""
        if isinstance(value, (list, tuple)):
            return [self.translated(each) for each in value]
        if isinstance(value, str):
            return self.address(value)
        chosen = isinstance(value, int) and not isinstance(value, bool) and value >= _EPHEMERAL
        return "*" if chosen else value

    def sent(self, frame):
        """The frame in words. Returns None for frames that are not compared: IPv6, DHCP, ARP probes and
        multicast mDNS.
        """
        if frame.arp is not None:
            return self._arp(frame)
        ip = frame.packet.getlayer(IP)
        if ip is None or ip.dst == _MDNS_GROUP or (ip.proto == _IGMP and _MDNS_GROUP in _igmp(ip)):
            return None
        if UDP in ip and {ip[UDP].sport, ip[UDP].dport} & _DHCP:
            return None
        what, detail = self._content(ip)
        # A group belongs to the interface, so lwIP reports it from the address that the interface shows.
        source = "SHOWN" if what == "IGMP" and ip.src == self._shown else self.source(ip.src, ip.dst)
        to = self.mac(frame.packet.dst, ip.dst)
        return what and Sent(what, source, self.address(ip.dst), detail, to)

    def _arp(self, frame):
        arp = frame.arp
        if frame.kind == "probe":
            return None
        detail = f"is at {self.mac(arp.hwsrc)}, to {self.mac(arp.hwdst)}" if frame.kind == "reply" else ""
        source = self.source(arp.psrc, arp.pdst)
        return Sent(f"ARP {frame.kind}", source, self.address(arp.pdst), detail, self.mac(frame.packet.dst))

    def _content(self, ip):
        if ip.frag or ip.flags.MF:
            more = ", more follow" if ip.flags.MF else ""
            return "fragment", f"of {ip.proto} at {ip.frag * 8}, {ip.len - ip.ihl * 4} bytes{more}"
        if ip.proto == _IGMP:
            return "IGMP", f"{_igmp(ip)}, ttl {ip.ttl}"
        if TCP in ip:
            return self._tcp(ip[TCP])
        if UDP in ip:
            ports = f"{_port(ip[UDP].sport)} > {_port(ip[UDP].dport)}"
            text = self.dns(ip[DNS]) if DNS in ip else shortened(bytes(ip[UDP].payload))
            return "UDP", f"{ports}, ttl {ip.ttl}: {text}"
        if ICMP in ip:
            return "ICMP", f"{ip[ICMP].type}/{ip[ICMP].code}, ttl {ip.ttl}: {self._icmp(ip[ICMP])}"
        return f"IP {ip.proto}", shortened(bytes(ip.payload))

    def _tcp(self, tcp):
        """Ignores segments that only acknowledge data, because the timing affects how many of them the board
        sends.
        """
        flags = "".join(flag for flag in "SFR" if flag in str(tcp.flags))
        payload = bytes(tcp.payload)
        if not flags and not payload:
            return None, ""
        options = f" MSS {dict(tcp.options).get('MSS')}" if "S" in flags else ""
        return "TCP", f"{_port(tcp.sport)} > {_port(tcp.dport)} {flags}{options} {shortened(payload)}"

    def _icmp(self, icmp):
        if IPerror not in icmp:
            return shortened(bytes(icmp.payload))
        about = icmp[IPerror]
        ports = next((about[layer] for layer in (UDPerror, TCPerror) if layer in about), None)
        text = f"about {self.address(about.src)} > {self.address(about.dst)}"
        return f"{text} {_port(ports.sport)} > {_port(ports.dport)}" if ports else text

    def dns(self, answer):
        """The IPv4 addresses in a DNS answer."""
        records = [
            record for section in (answer.an, answer.ar) for record in section or [] if record.type == _A
        ]
        found = {"SHOWN" if record.rdata == self._shown else self.address(record.rdata) for record in records}
        return f"A {', '.join(sorted(found))}"


def is_repeated(frame, before):
    """Is this TCP segment a retransmission? before: the set of the segments sent so far. The function adds
    the segment to this set.
    """
    if TCP not in frame.packet:
        return False
    ip, tcp = frame.packet[IP], frame.packet[TCP]
    segment = (ip.src, ip.dst, tcp.sport, tcp.dport, tcp.seq, str(tcp.flags), bytes(tcp.payload))
    known = segment in before
    before.add(segment)
    return known


def _port(port):
    return "*" if port >= _EPHEMERAL else port


def shortened(data):
    """A payload, shortened."""
    return repr(data) if len(data) <= _SHORT else f"{len(data)} bytes, CRC {zlib.crc32(data):08x}"


def _igmp(ip):
    message = bytes(ip.payload)
    return f"type {message[0]:#x} of {'.'.join(map(str, message[4:8]))}"


def _group_mac(address):
    parts = [int(part) for part in address.split(".")]
    return f"{_GROUP_MAC}{parts[1] & 0x7F:02x}:{parts[2]:02x}:{parts[3]:02x}"
