# SPDX-License-Identifier: MIT
"""Frames with the names of the RFCs: recognise them, build them for the adversary, and describe them."""

import functools
from dataclasses import dataclass

from scapy.layers.dns import DNS, DNSRR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether

BROADCAST = "ff:ff:ff:ff:ff:ff"
ANY = "0.0.0.0"
MDNS_GROUP = "224.0.0.251"
MDNS_MAC = "01:00:5e:00:00:fb"
MDNS_PORT = 5353
ADVERSARY_MAC = "02:00:00:00:00:02"

REQUEST = 1  # ARP opcodes
REPLY = 2
ECHO = 8  # ICMP types
ECHO_REPLY = 0


@dataclass(frozen=True)
class Frame:
    """A captured frame. injected: the adversary sent it."""

    time: float  # s since 1970, from the kernel
    raw: bytes
    injected: bool

    @functools.cached_property
    def packet(self):
        return Ether(self.raw)

    @functools.cached_property
    def arp(self):
        return self.packet.getlayer(ARP)

    @property
    def source(self):
        return self.packet.src

    @functools.cached_property
    def kind(self):
        """ "probe", "announcement", "request", "reply", or the name of another protocol."""
        if self.arp is None:
            return next((layer.__name__ for layer in (ICMP, TCP, UDP, IP) if layer in self.packet), "other")
        if self.arp.op != REQUEST:
            return "reply"
        if self.arp.psrc == ANY:
            return "probe"
        return "announcement" if self.arp.psrc == self.arp.pdst else "request"

    def words(self):
        """The frame in a few words."""
        if self.arp is None:
            return self._ip_words()
        return {
            "probe": "probes {0.pdst}",
            "announcement": "announces {0.psrc}",
            "request": "asks for {0.pdst}, being {0.psrc}",
            "reply": "answers: {0.psrc} is me",
        }[self.kind].format(self.arp)

    def _ip_words(self):
        ip = self.packet.getlayer(IP)
        if ip is None:
            return self.packet.summary()
        icmp = {ECHO: "pings {}", ECHO_REPLY: "answers the ping of {}"}.get(getattr(ip.payload, "type", None))
        return icmp.format(ip.dst) if icmp and self.kind == "ICMP" else f"{self.kind} {ip.src} -> {ip.dst}"


def is_arp(kind, mac=None, spa=None, tpa=None):
    """A predicate for Capture.wait_for(): ARP with this kind, sender MAC, sender and target address."""

    def matches(frame):
        return (
            frame.arp is not None
            and frame.kind == kind
            and mac in (None, frame.arp.hwsrc)
            and spa in (None, frame.arp.psrc)
            and tpa in (None, frame.arp.pdst)
        )

    return matches


def uses(frame, address):
    """Is the address the source of this ARP or IPv4 frame?"""
    if frame.arp is not None:
        return frame.arp.psrc == address
    return IP in frame.packet and frame.packet[IP].src == address


def is_reset(frame):
    return TCP in frame.packet and frame.packet[TCP].flags.R


def probe(ip, mac=ADVERSARY_MAC):
    return request(ANY, ip, mac)


def announcement(ip, mac=ADVERSARY_MAC):
    return request(ip, ip, mac)


def request(spa, tpa, mac=ADVERSARY_MAC, to=BROADCAST):
    return Ether(src=mac, dst=to) / ARP(op=REQUEST, hwsrc=mac, psrc=spa, pdst=tpa)


def reply(spa, tpa, to, mac=ADVERSARY_MAC):
    """A unicast Reply to the MAC `to`."""
    return Ether(src=mac, dst=to) / ARP(op=REPLY, hwsrc=mac, psrc=spa, hwdst=to, pdst=tpa)


def mdns_response(mac, address, name, rdata=None):
    """An mDNS response from this MAC and address. Its A record gives `name` this address, or `rdata`."""
    record = DNSRR(rrname=name, type="A", ttl=120, rdata=rdata or address)
    ethernet = Ether(src=mac, dst=MDNS_MAC) / IP(src=address, dst=MDNS_GROUP, ttl=255)
    return ethernet / UDP(sport=MDNS_PORT, dport=MDNS_PORT) / DNS(qr=1, aa=1, qd=[], an=[record])
