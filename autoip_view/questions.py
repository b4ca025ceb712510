# SPDX-License-Identifier: MIT
"""What the viewer sends: questions to hosts that were on the link before the viewer started.

The viewer asks for names with mDNS, and pings 169.254.255.255 once. From a link-local address it also asks
with ARP whether the hosts with a link-local address are still there. All frames come from an address that
this host has, so none of them is an ARP probe or a claim. If this host has no address, the viewer sends
nothing.
"""

from . import names
from .story import is_link_local

GIVE_UP = 3  # questions without an answer

# When the first six general questions are sent, in s after the first of them. The gaps double (RFC 6762 5.2).
_GENERAL = (0, 1, 3, 7, 15, 31)
_GENERAL_LATER = 60  # s between the later general questions
_NAME_GAP = 1  # s between two questions for a name
_QUIET = 15  # s after which the viewer asks whether a host is still there
_ARP_GAP = 2  # s between two ARP Requests that ask whether the same host is still there
_ARP_AT_ONCE = 5  # at most this many hosts are asked at once

_MDNS_MAC = "01:00:5e:00:00:fb", "33:33:00:00:00:fb"
_MDNS_GROUP = "224.0.0.251", "ff02::fb"
_MDNS_PORT = 5353
_BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
_BROADCAST = "169.254.255.255"


class Questions:
    """Decides what to ask, and when. It has no access to a clock or to the network.

    link: has the attributes mac, ipv4 and ipv6 of link.Link.
    """

    def __init__(self, link):
        self._link = link
        self._source = None  # addresses from which the questions come
        self._start = 0
        self._rounds = 0  # number of general questions since the start
        self._names = {}  # (MAC, address or name) -> (questions, time of the last one)
        self._checks = {}  # (MAC, address) -> (questions, time of the last one)

    def due(self, now, hosts):
        """The frames to send now, as bytes.

        now: s since 1970, from the same clock as Host.last_seen. hosts: the attribute `hosts` of a Story.
        """
        if not self._link.mac or not (self._link.ipv4 or self._link.ipv6):
            return []
        if self._source != (self._link.mac, self._link.ipv4, self._link.ipv6):
            self._restart(now)
        frames = self._general(now)
        frames += self._ask_names(now, hosts.values())
        if is_link_local(self._link.ipv4):  # hosts may ignore a Request from an address of another subnet
            frames += self._check(now, hosts.values())
        self._forget(hosts)
        return frames

    def unanswered(self, now):
        """The MACs of the hosts that no longer answer. Each MAC is returned once."""
        gone = [
            key for key, (asked, last) in self._checks.items() if asked >= GIVE_UP and now - last >= _ARP_GAP
        ]
        for key in gone:
            del self._checks[key]
        return [mac for mac, _ in gone]

    def _restart(self, now):
        """Ask all questions again, because some hosts may answer only to the new address of this host."""
        self._source = self._link.mac, self._link.ipv4, self._link.ipv6
        self._start = now
        self._rounds = 0
        self._names.clear()

    def _general(self, now):
        if now < self._start + self._due_in():
            return []
        self._rounds += 1
        frames = self._mdns(names.general_questions())
        return [*frames, self._ping()] if self._link.ipv4 and self._rounds == 1 else frames

    def _due_in(self):
        if self._rounds < len(_GENERAL):
            return _GENERAL[self._rounds]
        return _GENERAL[-1] + _GENERAL_LATER * (self._rounds + 1 - len(_GENERAL))

    def _ask_names(self, now, hosts):
        addresses, asked_names = [], []
        for host in hosts:
            if host.name or host.mac == self._link.mac:
                continue
            if host.held and self._is_due(self._names, (host.mac, host.held), now, _NAME_GAP):
                addresses.append(host.held)
            name = names.local(host.host_name)
            if name and self._is_due(self._names, (host.mac, name), now, _NAME_GAP):
                asked_names.append(name)
        messages = names.questions(addresses, asked_names)
        return [frame for message in messages for frame in self._mdns(message)]

    def _check(self, now, hosts):
        frames = []
        for host in hosts:
            key = host.mac, host.held
            if not host.held or host.mac == self._link.mac or now - host.last_seen < _QUIET:
                self._checks.pop(key, None)
            elif len(frames) < _ARP_AT_ONCE and self._is_due(self._checks, key, now, _ARP_GAP):
                frames.append(self._who_has(host.held))
        return frames

    @staticmethod
    def _is_due(asked, key, now, gap):
        """Returns whether the question may be sent now. If it may, counts the question. asked: key ->
        (number of questions, time of the last question).
        """
        questions, last = asked.get(key, (0, 0))
        if questions >= GIVE_UP or (questions and now - last < gap * questions):
            return False
        asked[key] = questions + 1, now
        return True

    def _forget(self, hosts):
        """Forget the questions to hosts that the story no longer keeps."""
        for table in (self._names, self._checks):
            if len(table) > 4 * len(hosts):
                for key in [key for key in table if key[0] not in hosts]:
                    del table[key]

    # Frames

    def _mdns(self, message):
        from scapy.layers.inet import IP, UDP
        from scapy.layers.inet6 import IPv6
        from scapy.layers.l2 import Ether

        sources = (IP, self._link.ipv4, {"ttl": 255}), (IPv6, self._link.ipv6, {"hlim": 255})
        return [
            bytes(
                Ether(src=self._link.mac, dst=mac)
                / layer(src=source, dst=group, **hops)
                / UDP(sport=_MDNS_PORT, dport=_MDNS_PORT)
                / message
            )
            for (layer, source, hops), mac, group in zip(sources, _MDNS_MAC, _MDNS_GROUP, strict=True)
            if source
        ]

    def _ping(self):
        from scapy.layers.inet import ICMP, IP
        from scapy.layers.l2 import Ether

        ethernet = Ether(src=self._link.mac, dst=_BROADCAST_MAC)
        return bytes(ethernet / IP(src=self._link.ipv4, dst=_BROADCAST) / ICMP() / b"autoip_view")

    def _who_has(self, address):
        """A Request. It is broadcast because the sender's address may be link-local (RFC 3927 2.5)."""
        from scapy.layers.l2 import ARP, Ether

        ethernet = Ether(src=self._link.mac, dst=_BROADCAST_MAC)
        return bytes(ethernet / ARP(hwsrc=self._link.mac, psrc=self._link.ipv4, pdst=address))
