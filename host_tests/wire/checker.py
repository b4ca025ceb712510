"""What holds for every frame of every board, whatever a test is about. Run over each capture at its end."""

import ipaddress

from scapy.layers.inet import IP

from .frames import ANY, BROADCAST, REQUEST

LINK_LOCAL = ipaddress.ip_network("169.254.0.0/16")
_FIRST = ipaddress.ip_address("169.254.1.0")  # RFC 3927 2.1
_LAST = ipaddress.ip_address("169.254.254.255")
_NOBODY = "00:00:00:00:00:00"
_ARP_LENGTH = 42
_PROBE_NUM = 3
_DEFEND_INTERVAL = 10  # s
_ANNOUNCEMENTS_MAX = 3  # in DEFEND_INTERVAL: ANNOUNCE_NUM and one defence


def violations(frames, macs, routers=()):
    """One line for each frame that breaks a rule, and for addresses held twice in the end.

    macs: those of the boards. What the adversary sends in their name is not theirs.
    """
    boards = {mac: _Board(routers) for mac in macs}
    found = []
    for frame in frames:
        board = boards.get(frame.source)
        if board and not frame.injected:
            told = f"{frame.time:.6f} {frame.source} {frame.words()}"
            found += [f"{told}: {what}" for what in board.judge(frame)]
    return found + list(_held_twice(boards))


def is_link_local(address):
    return ipaddress.ip_address(address) in LINK_LOCAL


class _Board:
    """What one board has shown on the wire so far."""

    def __init__(self, routers):
        self.held = None
        self._routers = routers
        self._probed = []
        self._announced = []

    def judge(self, frame):
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
        if not is_link_local(frame.arp.psrc):
            return
        if frame.packet.dst != BROADCAST:
            yield "ARP with a link-local sender is not broadcast (RFC 3927 2.5)"
        if frame.kind == "announcement":
            yield from self._judge_announcement(frame)
        elif not self._holds(frame.arp.psrc):
            yield "ARP from an address before it was announced (RFC 3927 2.2)"

    def _judge_announcement(self, frame):
        address = frame.arp.psrc
        if self._probed:
            if self._probed[:1] != [address] or len(self._probed) < _PROBE_NUM:
                yield "announced without three probes (RFC 3927 2.2.1)"
            self._probed.clear()
            self._announced.clear()
            self.held = address
        elif address != self.held:
            yield "announced without any probe (RFC 3927 2.2.1)"
        self._announced = [t for t in self._announced if t > frame.time - _DEFEND_INTERVAL] + [frame.time]
        if len(self._announced) > _ANNOUNCEMENTS_MAX:
            yield "defended twice within 10 s (RFC 3927 2.5)"

    def _judge_ip(self, frame):
        source = frame.packet[IP].src
        if not is_link_local(source):
            return
        if frame.packet.dst in self._routers:
            yield "link-local source, sent to a router (RFC 3927 2.6.2)"
        if not self._holds(source):
            yield "IPv4 from an address before it was announced (RFC 3927 2.2)"

    def _holds(self, address):
        return address == self.held and not self._probed


def _judge_form(frame):
    arp = frame.arp
    if len(frame.raw) < _ARP_LENGTH or any(frame.raw[_ARP_LENGTH:]):
        yield "not 42 octets, nor zeros behind them"
    if arp.hwsrc != frame.source:
        yield "ARP sender MAC is not the source MAC (RFC 3927 2.2.1)"
    if arp.op == REQUEST and arp.hwdst != _NOBODY:
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
