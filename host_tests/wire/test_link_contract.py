"""Every link keeps the contract of autoip.service: the simulated one, the packet socket, the firmware's."""

import ast
import time
import types

import pytest
import sim
from autoip import service

from .frames import announcement, probe, reply, request
from .packet_link import PacketLink

HOST = 0x1414
C = "169.254.20.20"
X = "169.254.7.9"
ROUTABLE = "10.0.0.99"


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

    def get(self, name):
        return getattr(self.link, name)

    def receive(self):
        frame = bytearray(42)
        return bytes(frame[: self.link.receive(frame)])

    def inject(self, frame):
        self._wire.inject(self._wire.now, bytes(frame))
        self.elapse(0)

    def elapse(self, ms):
        self._wire.sleep(ms)

    def sent(self):
        return [frame for _, frame in self._wire.trace]

    def carrier(self, up):
        self.link.carrier(up)

    def other_address(self, present):
        self.link.other_address(present)
        self.elapse(0)


class OnTheWire:
    """What the two real links share: a bridge, and a capture of it."""

    def __init__(self, bench):
        self._bench = bench

    def inject(self, frame):
        self._bench.wire.send(frame)
        self.elapse(30)

    def sent(self):
        self.elapse(30)
        mac = self.get("mac").hex(":")
        return [f.raw for f in self._bench.capture.since() if f.source == mac and f.arp is not None]


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
    get = Simulated.get
    receive = Simulated.receive

    def elapse(self, ms):
        self.link.run(ms)

    def carrier(self, up):
        self._host.run("ip", "link", "set", "eth0", "up" if up else "down")
        self.elapse(1200)  # Linux tells of a carrier once a second

    def other_address(self, present):
        self._host.run("ip", "addr", "add" if present else "del", f"{ROUTABLE}/24", "dev", "eth0")


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
        return self._board.ask(f"link.{name}({', '.join(map(repr, arguments))})")

    def get(self, name):
        # JSON knows no bytes
        return ast.literal_eval(self._board.ask(f"repr(link.{name})"))

    def receive(self):
        return ast.literal_eval(self._board.ask("repr(bytes(frame[:link.receive(frame)]))"))

    def elapse(self, ms):
        time.sleep(ms / 1000 + 0.05)

    def carrier(self, up):
        self._board.set_link(up)
        self.elapse(100)

    def other_address(self, present):
        address = (ROUTABLE, "255.255.255.0") if present else ("0.0.0.0", "0.0.0.0")
        self._board.run(f"nic.ipconfig(addr4={address!r})")


@pytest.fixture(params=[Simulated, PacketSocket, Firmware])
def rig(request, bench):
    return request.param(bench)


def raw(frame):
    return bytes(frame)[:42]


def mac_of(rig):
    return rig.get("mac").hex(":")


def announce(rig):
    """What goes before assign(): what the interface sends from then on may have the address."""
    mac = mac_of(rig)
    for frame in [probe(C, mac=mac)] * 3 + [announcement(C, mac=mac)]:
        assert rig.call("send", raw(frame))


def test_mac_and_name(rig):
    assert len(rig.get("mac")) == 6
    assert rig.get("name")


def test_what_is_sent_is_on_the_wire(rig):
    frame = raw(probe(C, mac=mac_of(rig)))
    assert rig.call("send", frame) is True
    assert rig.sent().count(frame) == 1


def test_nothing_is_received_without_watching(rig):
    rig.inject(announcement(C))
    assert rig.receive() == b""


def test_claims_and_probes_of_the_watched_address_are_received_in_order(rig):
    rig.call("watch", HOST)
    frames = [announcement(C), probe(C), reply(C, "0.0.0.0", mac_of(rig)), request(C, X)]
    for first, second in (frames[:2], frames[2:]):
        rig.inject(first)
        rig.inject(second)
        assert [rig.receive(), rig.receive()] == [raw(first), raw(second)]
    assert rig.wakes
    assert rig.receive() == b""


def test_other_arp_is_not_received(rig):
    rig.call("watch", HOST)
    for frame in (announcement(X), probe(X), request(X, C), request(X, "169.254.20.21")):
        rig.inject(frame)
    assert rig.receive() == b""
    rig.call("watch", -1)
    rig.inject(announcement(C))
    assert rig.receive() == b""


def test_the_oldest_are_kept_and_the_others_counted(rig):
    rig.call("watch", HOST)
    frames = [announcement(C, mac=f"02:00:00:00:01:{i:02x}") for i in range(7)]
    for frame in frames:
        rig.inject(frame)
    assert rig.get("drops") == 5
    assert [rig.receive() for _ in range(3)] == [*map(raw, frames[:2]), b""]


def test_a_flap_shows_until_nothing_is_watched(rig):
    rig.elapse(1200)
    rig.call("watch", -1)
    assert rig.get("status") == 1
    rig.call("watch", HOST)
    rig.carrier(False)
    rig.carrier(True)
    assert rig.get("status") == rig.get("status") == 0
    rig.call("watch", -1)
    assert rig.get("status") == 1


def test_an_address_of_its_own(rig):
    rig.elapse(1200)
    rig.call("watch", -1)
    assert rig.get("status") == 1
    rig.other_address(True)
    assert rig.get("status") == 2
    announce(rig)
    rig.call("assign", HOST, False)
    assert rig.get("status") == 2
    rig.other_address(False)
    assert rig.get("status") == 1
    rig.call("release")


def test_wake(rig):
    rig.elapse(100)
    before = rig.wakes
    rig.call("wake", 200)
    rig.elapse(50)
    assert rig.wakes == before
    rig.elapse(400)
    assert rig.wakes == before + 1


def test_wake_is_replaced_by_the_next_and_ended_by_a_negative_time(rig):
    rig.elapse(100)
    before = rig.wakes
    rig.call("wake", 100)
    rig.call("wake", 60000)
    rig.elapse(300)
    rig.call("wake", 100)
    rig.call("wake", -1)
    rig.elapse(300)
    assert rig.wakes == before


def test_assign_can_be_repeated_and_release_too(rig):
    announce(rig)
    for narrow in (False, True, False):
        rig.call("assign", HOST, narrow)
    rig.call("release")
    rig.call("release")
    assert rig.get("status") != 2


def test_closed_for_good(rig):
    rig.call("watch", HOST)
    rig.call("wake", 100)
    before = rig.wakes
    rig.call("close")
    rig.inject(announcement(C))
    rig.elapse(300)
    assert rig.wakes == before


@pytest.mark.parametrize("link", [PacketSocket, Firmware])
def test_a_claim_of_the_interfaces_own_address(bench, link):
    rig = link(bench)
    rig.other_address(True)
    rig.inject(announcement(ROUTABLE))
    assert rig.receive() == raw(announcement(ROUTABLE))
    assert rig.call("is_claimed", raw(announcement(ROUTABLE)))
    assert not rig.call("is_claimed", raw(announcement(X)))


def test_a_service_on_a_linux_host_meets_a_board(bench, monkeypatch):
    """The same protocol files on CPython and on the board, which holds the address that both want."""

    def ticks_ms():
        return int(time.monotonic() * 1000) & 0x3FFFFFFF

    monkeypatch.setattr(service, "time", types.SimpleNamespace(ticks_ms=ticks_ms))
    assert bench.board().claim(delay=200, ip=C) == C
    link = PacketLink(bench.wire.add_host())
    svc = service.Service(link, HOST, delay=200)
    link.run(3500)
    assert svc.state == "bound" and svc.address != C
    assert svc.contested == C
    probes = bench.capture.probes_of(link.mac.hex(":"))
    assert [f.arp.pdst for f in probes] == [C] + [svc.address] * 3
    assert len(bench.capture.announcements_of(link.mac.hex(":"))) == 2
    svc.stop()
