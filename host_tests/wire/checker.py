# SPDX-License-Identifier: MIT
"""The rules that every frame of every board must follow in every test. Bench.close() checks each capture."""

import collections
import ipaddress
import re
from dataclasses import dataclass

from scapy.layers.inet import IP

from .frames import ANY, BROADCAST, REQUEST

LINK_LOCAL = ipaddress.ip_network("169.254.0.0/16")
_FIRST = ipaddress.ip_address("169.254.1.0")  # RFC 3927 2.1
_LAST = ipaddress.ip_address("169.254.254.255")
_ZERO_MAC = "00:00:00:00:00:00"
_ARP_LENGTH = 42
_PROBE_NUM = 3
_DEFEND_INTERVAL = 10  # s
_ANNOUNCEMENTS_MAX = 3  # the announcements and one defence that may fall into DEFEND_INTERVAL
_GROUP = 1  # bit of a MAC's first byte: multicast and broadcast
_TOLD = re.compile(r"(\S+) autoip [a-z]+(\d?): (bound|suspended|lost) ")
_LOG_STEP = 0.001  # s by which the times in a board's log may be wrong


@dataclass(frozen=True)
class Loss:
    """From `time` on, the board must not use the address of its `claim`th claim since power-up."""

    time: float  # s since 1970
    mac: str
    claim: int


@dataclass(frozen=True)
class Outage:
    """The cable of a board was out from `start` to `time`, and the board may not have noticed it.

    The frames that it sent during this time are in no capture, even if they were a complete claim. blind: the
    first frames after the cable is back are in no capture either, because a network card detects the cable
    with a delay.
    """

    time: float  # s since 1970
    start: float
    mac: str
    blind: bool = False


def losses(log, macs):
    """The losses in a board's log. macs: the MACs of its interfaces e0, e1, ..., or of its only interface on
    the wire, which may be w0 or st. The access point of a Pico W, w1, is not on the wire.

    The board writes a line a little after the event, when frames of the next claim may already be on the
    wire. So a loss has the number of its claim.
    """
    claims = collections.Counter()
    found = []
    for at, number, word in _TOLD.findall(log):
        index = int(number or 0)
        if index >= len(macs):
            continue
        mac = macs[index]
        if word == "bound":
            claims[mac] += 1
        else:
            found.append(Loss(float(at) + _LOG_STEP, mac, claims[mac]))
    return found


def violations(frames, macs, losses=(), by_hand=(), outages=()):
    """One line for each frame that breaks a rule, and for each address that two boards hold at the end.

    macs: the MACs of the boards. Frames that the adversary sends with these MACs don't count. by_hand:
    link-local addresses of the boards that autoip does not manage, so it neither probes them nor gives them
    up.
    """
    claimants = collections.defaultdict(set)  # address -> MACs that claimed it with ARP
    boards = {mac: _Board(claimants, by_hand) for mac in macs}
    found = []
    for each in sorted([*frames, *losses, *outages], key=lambda each: each.time):
        if isinstance(each, Loss):
            boards[each.mac].lose(each)
            continue
        if isinstance(each, Outage):
            boards[each.mac].miss(each)
            continue
        board = boards.get(each.source)
        if board and not each.injected:
            prefix = f"{each.time:.6f} {each.source} {each.words()}"
            found += [f"{prefix}: {what}" for what in board.check(each)]
        if each.arp is not None:
            claimants[each.arp.psrc].add(each.arp.hwsrc)
    return found + list(_held_twice(boards))


def is_link_local(address):
    return ipaddress.ip_address(address) in LINK_LOCAL


class _Board:
    """What one board has shown on the wire so far."""

    def __init__(self, claimants, by_hand):
        self.held = None
        self._by_hand = by_hand
        self._claims = 0
        self._lost_at = 0
        self._missed = False  # the board may have made a claim that is in no capture
        self._claimants = claimants
        self._probed = []
        self._announced = []

    def lose(self, loss):
        if loss.claim >= self._claims:
            self._claims = loss.claim
            self._lost_at = loss.time
            self._missed = False
            self.held = None

    def miss(self, outage):
        """Handle an outage. A board that has noticed the outage has suspended its address."""
        unnoticed = self._lost_at < outage.start and bool(self.held or self._probed)
        self._missed = outage.blind or unnoticed

    def check(self, frame):
        if frame.arp is not None:
            yield from self._judge_arp(frame)
        elif IP in frame.packet:
            yield from self._judge_ip(frame)

    def _judge_arp(self, frame):
        yield from _judge_form(frame)
        if frame.kind == "probe" and is_link_local(frame.arp.pdst):
            if self._probed[-1:] != [frame.arp.pdst]:
                self._probed.clear()
            self._probed.append(frame.arp.pdst)
        if not is_link_local(frame.arp.psrc) or frame.arp.psrc in self._by_hand:
            return
        if frame.packet.dst != BROADCAST:
            yield "ARP with a link-local sender is not broadcast (RFC 3927 2.5)"
        if frame.kind == "announcement":
            yield from self._judge_announcement(frame)
        elif not self._holds(frame.arp.psrc):
            yield "ARP from an address that is not held (RFC 3927 2.2)"

    def _judge_announcement(self, frame):
        address = frame.arp.psrc
        if self._missed:
            self._claims += address != self.held
            self.held = address
            self._missed = False
            self._probed.clear()
            self._announced.clear()
        if self._probed:
            if self._probed[:1] != [address] or len(self._probed) < _PROBE_NUM:
                yield "announced without three probes (RFC 3927 2.2.1)"
            self._probed.clear()
            self._announced.clear()
            self.held = address
            self._claims += 1
        elif address != self.held:
            yield "announced without any probe (RFC 3927 2.2.1)"
        self._announced = [t for t in self._announced if t > frame.time - _DEFEND_INTERVAL] + [frame.time]
        if len(self._announced) > _ANNOUNCEMENTS_MAX:
            yield "defended twice within 10 s (RFC 3927 2.5)"

    def _judge_ip(self, frame):
        source, destination = frame.packet[IP].src, frame.packet[IP].dst
        if not is_link_local(source) or source in self._by_hand:
            return
        if not frame.raw[0] & _GROUP and frame.packet.dst not in self._claimants[destination]:
            yield "link-local source, not sent to the destination's own MAC (RFC 3927 2.6.2, 2.7)"
        if not self._holds(source):
            yield "IPv4 from an address that is not held (RFC 3927 2.2)"

    def _holds(self, address):
        held = self._missed or (address == self.held and not self._probed)
        return held or address in self._by_hand


def _judge_form(frame):
    arp = frame.arp
    if len(frame.raw) < _ARP_LENGTH or any(frame.raw[_ARP_LENGTH:]):
        yield "neither 42 bytes nor 42 bytes and zeros"
    if arp.hwsrc != frame.source:
        yield "ARP sender MAC is not the source MAC (RFC 3927 2.2.1)"
    if arp.op == REQUEST and arp.hwdst != _ZERO_MAC:
        yield "target MAC of a Request is not zero (RFC 3927 2.2.1)"
    for address in {arp.psrc, arp.pdst if frame.kind == "probe" else arp.psrc} - {ANY}:
        if is_link_local(address) and not _FIRST <= ipaddress.ip_address(address) <= _LAST:
            yield f"{address} is reserved (RFC 3927 2.1)"


def _held_twice(boards):
    holders = {}
    for mac, board in boards.items():
        if board.held:
            holders.setdefault(board.held, []).append(mac)
    for address, macs in holders.items():
        if len(macs) > 1:
            yield f"{address} is held by {' and '.join(macs)}"
