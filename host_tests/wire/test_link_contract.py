# SPDX-License-Identifier: MIT
"""Every link follows the contract of autoip.service: the simulated link, the packet socket, and the
firmware's link.
"""

import ast
import itertools
import socket
import time
import types

import pytest
import sim
from arp_filter import ANSWER, CLAIM, PROBE, ROUTABLE_CLAIM
from autoip import service
from scapy.layers.l2 import ARP

from .frames import BROADCAST, announcement, is_arp, probe, reply, request
from .packet_link import PacketLink
from .waiting import wait_until

HOST = 0x1414
C = "169.254.20.20"
X = "169.254.7.9"
ROUTABLE = "10.0.0.99"
TRIES = 1000  # of at least 10 ms each
EARLY = 20  # ms that a wake-up may be early by the host's clock


class Simulated:
    """In memory, on a virtual clock."""

    def __init__(self, bench):
        self._wire = sim.Wire()
        self.link = sim.Link(self._wire)
        self.link.on_wake = self._woken
        self.wakes = 0

    def _woken(self):
        self.wakes += 1

    def call(self, name, *arguments):
        return getattr(self.link, name)(*arguments)

    def name(self):
        return self.link.name

    def receive(self):
        frame = bytearray(42)
        return self.link.receive(frame), bytes(frame)

    def inject(self, frame):
        self._wire.inject(self._wire.now, bytes(frame))
        self.elapse(0)

    def now(self):
        return self._wire.now

    def elapse(self, ms):
        self._wire.sleep(ms)

    def sent(self):
        return [frame for _, frame in self._wire.trace]

    def carrier(self, up):
        self.link.carrier(up)

    def other_address(self, present, address=ROUTABLE):
        self.link.other_address(present, socket.inet_aton(address))
        self.elapse(0)

    def is_in_use(self):
        return self.link.address == HOST


class OnTheWire:
    """The common part of the two real links: a bridge, and a capture of it."""

    def __init__(self, bench):
        self._bench = bench
        self._peers = itertools.count(1)

    def now(self):
        return time.monotonic() * 1000

    def inject(self, frame):
        self._bench.wire.send(frame)
        self.elapse(30)

    def sent(self):
        self.elapse(30)
        mac = mac_of(self)
        return [f.raw for f in self._bench.capture.since() if f.source == mac and f.arp is not None]

    def is_in_use(self):
        """Does the link answer ARP Requests for the address?"""
        peer = f"169.254.100.{next(self._peers)}"  # not a late answer to an earlier test's Request
        self._bench.wire.send(request(peer, C))
        self.elapse(100)
        return bool(self._bench.capture.select(is_arp("reply", mac_of(self), spa=C, tpa=peer)))


class PacketSocket(OnTheWire):
    """On a Linux host."""

    def __init__(self, bench):
        super().__init__(bench)
        self._host = bench.wire.add_host()
        self.link = PacketLink(self._host)
        self.link.on_wake = self._woken
        self.wakes = 0

    def _woken(self):
        self.wakes += 1

    call = Simulated.call
    name = Simulated.name
    receive = Simulated.receive

    def elapse(self, ms):
        self.link.run(ms)

    def carrier(self, up):
        self._host.run("ip", "link", "set", "eth0", "up" if up else "down")
        if up:
            self._host.wait_until_up()
        self.elapse(30)

    def other_address(self, present, address=ROUTABLE):
        self._host.run("ip", "addr", "add" if present else "del", f"{address}/24", "dev", "eth0")


class Firmware(OnTheWire):
    """`_autoip.Link` on a board."""

    def __init__(self, bench):
        super().__init__(bench)
        self._board = bench.board()
        self._board.run("import _autoip; link = _autoip.Link(nic); wakes = 0; frame = bytearray(42)")
        self._board.run("def woken():\n global wakes\n wakes += 1\nlink.on_wake = woken")

    @property
    def wakes(self):
        return self._board.ask("wakes")

    def call(self, name, *arguments):
        return self._ask(f"link.{name}({', '.join(map(repr, arguments))})")

    def name(self):
        return self._ask("link.name")

    def receive(self):
        return self._ask("link.receive(frame), bytes(frame)")

    def _ask(self, expression):
        # JSON has no bytes and no tuples.
        return ast.literal_eval(self._board.ask(f"repr(({expression}))"))

    def elapse(self, ms):
        time.sleep(ms / 1000 + 0.05)

    def carrier(self, up):
        self._board.set_link(up)
        self._board.until("linked()" if up else "not linked()", self._board.CABLE_SEEN)

    def other_address(self, present, address=ROUTABLE):
        static = (address, "255.255.255.0") if present else ("0.0.0.0", "0.0.0.0")
        self._board.run(f"nic.ipconfig(addr4={static!r})")


@pytest.fixture(params=[Simulated, PacketSocket, Firmware])
def rig(request, bench):
    return request.param(bench)


def awaited(rig, condition):
    """Let time pass until the condition is true. Returns its value."""
    for _ in range(TRIES):
        if given := condition():
            return given
        rig.elapse(10)
    raise TimeoutError("the condition has not become true")


def settle(rig):
    """Wait until the interface is up and no address is watched. Returns the link's status."""

    def status():
        rig.call("watch", -1)
        return rig.call("status")

    return awaited(rig, status)


def raw(frame):
    return bytes(frame)[:42]


def mac_of(rig):
    return rig.call("mac").hex(":")


def announced(rig):
    return raw(announcement(C, mac=mac_of(rig)))


def assign(rig):
    """Set the address on the interface as the protocol does: watch it, probe it, and announce it."""
    settle(rig)
    rig.call("watch", HOST)
    for _ in range(3):
        assert rig.call("send", raw(probe(C, mac=mac_of(rig))))
    return rig.call("assign", announced(rig))


def assert_received(rig, *expected):
    """The link receives exactly these frames, in order. expected: a kind, its frame, the next kind, ..."""

    def received():
        got = rig.receive()
        return got if got[0] else None

    for kind, frame in zip(expected[::2], expected[1::2], strict=True):
        assert awaited(rig, received) == (kind, raw(frame))
    assert not received()


def test_mac_and_name(rig):
    assert len(rig.call("mac")) == 6
    assert rig.name()


def test_what_is_sent_is_on_the_wire(rig):
    frame = raw(probe(C, mac=mac_of(rig)))
    assert rig.call("send", frame)
    awaited(rig, lambda: frame in rig.sent())
    assert rig.sent().count(frame) == 1


def test_nothing_is_received_without_watching(rig):
    for address in (C, "255.255.255.255"):
        rig.inject(announcement(address))
        rig.inject(probe(address))
        assert_received(rig)


def test_claims_and_probes_of_the_watched_address_are_received_in_order(rig):
    rig.call("watch", HOST)
    mac = mac_of(rig)
    for first, second in (
        ((CLAIM, announcement(C)), (PROBE, probe(C))),
        ((ANSWER, reply(C, "0.0.0.0", mac)), (CLAIM, request(C, X))),
        ((CLAIM, reply(C, X, mac)), (CLAIM, reply(C, "0.0.0.0", BROADCAST))),
        ((CLAIM, request(C, "0.0.0.0", to=mac)), (ANSWER, reply(C, "0.0.0.0", mac))),
    ):
        rig.inject(first[1])
        rig.inject(second[1])
        assert_received(rig, *first, *second)
    assert rig.wakes


def test_frames_that_are_not_a_conflict_are_not_received(rig):
    # R5227-1.2-a
    rig.call("watch", HOST)
    mac = mac_of(rig)
    poll = request("0.0.0.0", C, to=mac)
    echo = announcement(C)
    echo[ARP].hwsrc = mac
    for frame in (announcement(X), probe(X), request(X, C), request(X, "169.254.20.21"), poll, echo):
        rig.inject(frame)
    rig.inject(reply("0.0.0.0", C, mac))
    assert_received(rig)
    rig.call("watch", -1)
    rig.inject(announcement(C))
    assert_received(rig)
    assert tuple(rig.call("counts")) == (0, 0)


def test_malformed_arp_is_counted_but_not_queued(rig):
    #
    rig.call("watch", HOST)
    fields = {"op": 3, "hwtype": 6, "ptype": 0x86DD, "hwlen": 8, "plen": 16}
    for name, value in fields.items():
        frame = announcement(C)
        # The test changes bytes, because with other lengths scapy would write longer addresses.
        at = {"hwtype": 14, "ptype": 16, "hwlen": 18, "plen": 19, "op": 20}[name]
        data = value.to_bytes(1 if name in ("hwlen", "plen") else 2, "big")
        rig.inject(raw(frame)[:at] + data + raw(frame)[at + len(data) :])
    awaited(rig, lambda: tuple(rig.call("counts")) == (0, len(fields)))
    assert_received(rig)


def test_the_oldest_frames_are_kept_and_the_others_are_counted(rig):
    rig.call("watch", HOST)
    frames = [announcement(C, mac=f"02:00:00:00:01:{i:02x}") for i in range(7)]
    for frame in frames:
        rig.inject(frame)
    awaited(rig, lambda: tuple(rig.call("counts")) == (5, 0))
    assert_received(rig, CLAIM, frames[0], CLAIM, frames[1])


def test_frames_about_an_address_are_dropped_when_another_is_watched(rig):
    rig.other_address(True)
    settle(rig)
    rig.call("watch", HOST)
    rig.inject(announcement(C))
    rig.inject(announcement(ROUTABLE))
    rig.call("watch", HOST)
    rig.call("watch", HOST + 1)
    assert_received(rig, ROUTABLE_CLAIM, announcement(ROUTABLE))
    rig.call("watch", HOST)
    rig.inject(probe(C))
    rig.call("watch", -1)
    rig.call("watch", HOST)
    assert_received(rig)
    assert tuple(rig.call("counts")) == (0, 0)


def test_a_flap_is_reported_until_no_address_is_watched(rig):
    assert settle(rig) == 1
    rig.call("watch", HOST)
    rig.carrier(False)
    rig.carrier(True)
    assert rig.call("status") == rig.call("status") == 0
    rig.call("watch", -1)
    assert rig.call("status") == 1


def test_the_address_is_in_use_from_its_announcement_to_its_release(rig):
    assert not rig.is_in_use()
    assert assign(rig)
    awaited(rig, rig.is_in_use)
    assert rig.call("status") == 1
    assert rig.sent().count(announced(rig)) == 1
    for _ in range(2):
        rig.call("release")
        assert not rig.is_in_use()


def test_assign_can_be_repeated(rig):
    assert assign(rig)
    assert rig.call("assign", announced(rig))
    awaited(rig, rig.is_in_use)
    assert rig.sent().count(announced(rig)) == 2
    rig.call("release")


def test_a_probe_is_not_a_conflict_while_the_address_is_in_use(rig):
    assert assign(rig)
    rig.inject(probe(C))
    rig.inject(announcement(C))
    assert_received(rig, CLAIM, announcement(C))
    rig.call("release")


def test_no_address_is_assigned_while_frames_wait(rig):
    #
    settle(rig)
    rig.call("watch", HOST)
    before = rig.wakes
    rig.inject(probe(C))
    awaited(rig, lambda: rig.wakes > before)
    assert not rig.call("assign", announced(rig))
    assert not rig.is_in_use() and announced(rig) not in rig.sent()
    assert_received(rig, PROBE, probe(C))
    assert assign(rig)
    rig.call("release")


def test_no_address_is_assigned_after_a_flap(rig):
    rig.call("watch", HOST)
    rig.carrier(False)
    rig.carrier(True)
    assert not rig.call("assign", announced(rig))
    assert not rig.is_in_use() and announced(rig) not in rig.sent()


def test_after_a_flap_the_link_sends_nothing_until_the_service_stops_watching(rig):
    """RFC 3927 2.2. Otherwise a claim that the flap ended would continue."""
    # R3927-2.2-a
    settle(rig)
    rig.call("watch", HOST)
    rig.carrier(False)
    rig.carrier(True)
    frame = raw(probe(C, mac=mac_of(rig)))
    assert not rig.call("send", frame)
    settle(rig)
    assert rig.call("send", frame)
    awaited(rig, lambda: frame in rig.sent())
    assert rig.sent().count(frame) == 1


def test_an_address_is_suspended_by_a_flap_until_it_is_assigned_again(rig):
    # R3927-2.2-b
    assert assign(rig)
    rig.carrier(False)
    rig.carrier(True)
    assert rig.call("status") == 0 and not rig.is_in_use()
    rig.call("watch", -1)
    rig.call("watch", HOST)
    assert rig.call("status") == 1 and not rig.is_in_use()
    rig.inject(probe(C))
    assert_received(rig, PROBE, probe(C))
    assert assign(rig)
    awaited(rig, rig.is_in_use)
    rig.call("release")
    assert not rig.is_in_use()


def test_a_routable_address(rig):
    assert settle(rig) == 1
    assert rig.call("routable") is None
    rig.other_address(True)
    assert (rig.call("status"), rig.call("routable")) == (2, ROUTABLE)
    assert assign(rig)
    assert (rig.call("status"), rig.call("routable")) == (2, ROUTABLE)
    rig.other_address(False)
    assert (rig.call("status"), rig.call("routable")) == (1, None)
    rig.call("release")


def test_a_link_local_address_of_another_owner_is_not_routable(rig, bench):
    """RFC 3927 1.6."""
    # R3927-1.6-a
    bench.by_hand.add(X)
    settle(rig)
    rig.other_address(True, X)
    assert (rig.call("status"), rig.call("routable")) == (1, None)
    rig.elapse(1200)  # the link reports such a claim at most once per second
    rig.inject(announcement(X))
    assert_received(rig, ROUTABLE_CLAIM, announcement(X))
    rig.other_address(False, X)


def test_the_routable_address_is_the_one_that_status_reported(rig):
    settle(rig)
    rig.other_address(True)
    assert rig.call("status") == 2
    rig.other_address(False)
    before = rig.wakes
    assert rig.call("routable") is None
    awaited(rig, lambda: rig.wakes > before)
    rig.other_address(True, "10.0.0.98")
    assert rig.call("routable") is None
    assert (rig.call("status"), rig.call("routable")) == (2, "10.0.0.98")
    rig.carrier(False)
    assert (rig.call("status"), rig.call("routable")) == (0, None)


def test_a_claim_of_the_routable_address(rig):
    rig.other_address(True)
    for watched in (-1, HOST):
        rig.call("watch", watched)
        rig.elapse(1200)  # the link reports such a claim at most once per second
        rig.inject(announcement(ROUTABLE))
        assert_received(rig, ROUTABLE_CLAIM, announcement(ROUTABLE))
    rig.inject(probe(ROUTABLE))
    assert_received(rig)


def test_malformed_or_own_arp_with_the_routable_address_is_not_a_claim(rig):
    """RFC 5227 2.4. Such a packet doesn't delay the report of a claim."""
    rig.other_address(True)
    settle(rig)
    rig.elapse(1200)
    malformed = bytearray(raw(announcement(ROUTABLE)))
    malformed[21] = 3  # the opcode of a RARP Request
    rig.inject(bytes(malformed))
    rig.inject(announcement(ROUTABLE, mac=mac_of(rig)))
    rig.inject(announcement(ROUTABLE))
    assert_received(rig, ROUTABLE_CLAIM, announcement(ROUTABLE))
    assert tuple(rig.call("counts")) == (0, 0)


def test_prefix(rig):
    rig.call("set_prefix", 32)
    assert assign(rig)
    for prefix in (16, 32, 0, 32, 16):
        awaited(rig, rig.is_in_use)
        rig.call("set_prefix", prefix)
    rig.call("release")
    rig.call("set_prefix", 32)
    assert not rig.is_in_use()


def test_wake(rig):
    rig.elapse(100)
    before, began = rig.wakes, rig.now()
    rig.call("wake", 200)
    awaited(rig, lambda: rig.wakes > before)
    assert rig.now() - began >= 200 - EARLY
    rig.elapse(400)
    assert rig.wakes == before + 1


def test_wake_is_replaced_by_the_next_call_and_cancelled_by_a_negative_time(rig):
    rig.elapse(100)
    before = rig.wakes
    for instead in (60000, -1):
        rig.call("wake", 1000)
        rig.call("wake", instead)
        rig.elapse(1300)
    assert rig.wakes == before


def test_a_link_stays_closed(rig):
    rig.call("watch", HOST)
    rig.call("wake", 1000)
    before = rig.wakes
    rig.call("close")
    rig.inject(announcement(C))
    rig.elapse(1300)
    assert rig.wakes == before
    assert rig.receive()[0] == rig.call("status") == 0 and tuple(rig.call("counts")) == (0, 0)
    assert rig.call("routable") is None
    rig.call("close")


def test_a_service_on_a_linux_host_has_a_conflict_with_a_board(bench, monkeypatch):
    """The same files of the protocol on CPython and on the board. Both want one address, and the board holds
    it.
    """

    def ticks_ms():
        return int(time.monotonic() * 1000) & 0x3FFFFFFF

    monkeypatch.setattr(service, "time", types.SimpleNamespace(ticks_ms=ticks_ms))
    assert bench.board().claim(delay=200, ip=C) == C
    link = PacketLink(bench.wire.add_host())
    svc = service.Service(link, first=HOST, delay=200)
    wait_until(lambda: link.run(10) or svc.stats()["announcements"] == 2, "no second announcement")
    assert svc.address != C
    assert svc.contested == C
    probes = bench.capture.probes_of(link.mac().hex(":"))
    assert [f.arp.pdst for f in probes] == [C] + [svc.address] * 3
    assert len(bench.capture.announcements_of(link.mac().hex(":"))) == 2
    svc.stop()
