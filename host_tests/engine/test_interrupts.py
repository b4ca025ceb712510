# SPDX-License-Identifier: MIT
"""Ctrl-C and slow callbacks. On a board with threads, Ctrl-C can end a wake-up anywhere."""

from autoip import service
from autoip.candidates import text
from sim import (
    FOREIGN,
    REQUEST,
    ROUTABLE,
    ZERO_MAC,
    C,
    Link,
    Wire,
    announcement,
    is_probe,
    packet,
    power_up,
    target,
)

CONTESTED_AT = 15000  # ms at which the address is held
END = 40000  # ms


class Interrupted(Link):
    """A link whose call number `at` raises KeyboardInterrupt. late: after its effect, otherwise before it."""

    def __init__(self, wire, at, late):
        super().__init__(wire)
        self.count = 0
        self._at = at
        self._late = late

    def watch(self, host):
        self._interrupt(False)
        super().watch(host)
        self._interrupt(True)

    def send(self, frame):
        self._interrupt(False)
        taken = super().send(frame)
        self._interrupt(True)
        return taken

    def assign(self, frame):
        self._interrupt(False)
        taken = super().assign(frame)
        self._interrupt(True)
        return taken

    def release(self):
        self._interrupt(False)
        super().release()
        self._interrupt(True)

    def _interrupt(self, late):
        if late == self._late:
            self.count += 1
            if self.count == self._at:
                raise KeyboardInterrupt


def _service(wire, link, **options):
    power_up(wire)
    return service.Service(link, first=C, **options)


def _run(wire, until):
    interrupts = 0
    while True:
        try:
            wire.run(until)
            return interrupts
        except KeyboardInterrupt:
            interrupts += 1


def _scenario(at, late):
    """A claim, a defence, a loss and another claim. Returns the wire, the link, the service and the number of
    interrupts.
    """
    wire = Wire()
    link = Interrupted(wire, at, late)
    svc = _service(wire, link)
    wire.inject(CONTESTED_AT, announcement(FOREIGN, C))
    wire.inject(CONTESTED_AT + 5000, announcement(FOREIGN, C))
    return wire, link, svc, _run(wire, END)


def _probes(wire, host):
    return [ms for ms, frame in wire.trace if is_probe(frame) and target(frame) == host]


def test_ctrl_c_at_any_call_skips_no_step():
    #
    _, link, svc, _ = _scenario(0, False)
    calls = link.count
    assert calls > 12 and svc.previous == "169.254.18.52" and svc.stats()["defences"] == 1
    for late in (False, True):
        for at in range(1, calls + 1):
            wire, link, svc, interrupts = _scenario(at, late)
            stats = svc.stats()
            assert interrupts == 1 and svc.state == "bound", (at, late)
            assert svc.address == text(link.address) and link.address != C, (at, late)
            assert stats["defences"] == stats["moves"] == 1 and stats["announcements"] == 4, (at, late)
            # A frame is sent again if the machine does not know whether the driver has accepted it.
            assert 3 <= len(_probes(wire, C)) <= 4 and 3 <= len(_probes(wire, link.address)) <= 4, (at, late)


def _probes_with_conflicts_from(start):
    wire = Wire()

    def slow(event, svc):
        if event == "routable conflict" and wire.now == start:
            wire.now += 900

    link = Link(wire)
    link.other_address(True)
    _service(wire, link, on_event=slow)
    for ms in range(start, 6000, 50):
        wire.inject(ms, packet(REQUEST, FOREIGN, ROUTABLE, ZERO_MAC, ROUTABLE))
    wire.run(30000)
    return _probes(wire, C)


def test_a_slow_callback_shortens_no_gap():
    due = _probes_with_conflicts_from(6000)
    for late in (0, 1):
        probes = _probes_with_conflicts_from(due[late])
        assert len(probes) == 3 and probes[late] == due[late] + 900
        assert all(1000 <= probes[i + 1] - probes[i] for i in range(2)), probes


def test_interrupted_wake_up_is_repeated_after_100_ms():
    wire = Wire()
    link = Interrupted(wire, 1, False)
    _service(wire, link)
    assert _run(wire, 0) == 1 and link.due() == 100


class InterruptedSend(Link):
    """Once `armed` is set, Ctrl-C comes before the next frame is sent."""

    armed = False

    def send(self, frame):
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt
        return super().send(frame)


def test_interrupted_defence_is_finished_before_the_status_is_read():
    # Otherwise the machine would count the defence as an announcement.
    wire = Wire()
    link = InterruptedSend(wire)
    svc = _service(wire, link)
    wire.run(CONTESTED_AT)
    link.armed = True
    link.on_frame(announcement(FOREIGN, C))
    assert _run(wire, CONTESTED_AT) == 1 and not link.armed
    link.carrier(False)
    wire.sleep(1000)
    assert svc.state == "waiting" and svc.address is None and svc.stats()["announcements"] == 2


def test_interrupted_defence_is_finished_before_a_routable_address():
    # Otherwise the defence would be sent after the address was given up, and the machine would hold it again.
    wire = Wire()
    link = InterruptedSend(wire)
    svc = _service(wire, link, old=True)
    wire.run(CONTESTED_AT)
    link.armed = True
    link.on_frame(announcement(FOREIGN, C))
    assert _run(wire, CONTESTED_AT) == 1 and not link.armed
    link.other_address(True)
    wire.run(END)
    assert svc.state == "idle" and svc.address is None
    assert [entry[1] for entry in svc.log()][-4:] == ["conflict", "defended", "routable", "lost"]
