# SPDX-License-Identifier: MIT
"""autoip allocates nothing in the steady state. The tests lock the heap, and compare its use afterwards.

On CPython, these tests only check the results of the steps.
"""

import gc
import sys

import micropython
import sim
from arp_filter import ANSWER, CLAIM, PROBE, ROUTABLE_CLAIM
from autoip import acd, service
from autoip.candidates import candidate
from sim import (
    FOREIGN,
    MAC,
    OTHER,
    C,
    X,
    announcement,
    denial,
    probe,
)

MICROPYTHON = sys.implementation.name == "micropython"


class Check:
    """Runs a step with the heap locked, and asserts that the step has allocated nothing.

    The step is a method of a class below, without a closure or an argument, because these need memory.
    """

    def run(self, step, name):
        if not MICROPYTHON:
            return step()
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        micropython.heap_lock()
        result = failed = None
        try:
            result = step()
        except MemoryError:
            failed = True
        micropython.heap_unlock()
        after = gc.mem_alloc()
        gc.enable()
        assert not failed, name + " allocates"
        assert after == before, (name, after - before)
        return result


class MachineSteps:
    """The steps of a Machine without a service, with a clock that the test sets."""

    def __init__(self):
        self.now = 0
        self.kind = CLAIM
        self.frame = None
        self.machine = acd.Machine(MAC, _low, [0, 0, -1], _is_taken, C, 2000, False)
        self.machine.set_status(True, False, 0)

    def receive(self):
        return self.machine.received(self.kind, self.frame, self.now)

    def elapse(self):
        todo = self.machine.elapsed(self.now)
        if todo & sim.FRAME:
            todo |= self.machine.sent(True, self.now)
        return todo

    def contest(self):
        todo = self.receive()
        if todo & sim.SEND:
            todo |= self.machine.sent(True, self.now)
        return todo

    def refused(self):
        todo = self.machine.elapsed(self.now)
        return todo | self.machine.sent(False, self.now)

    def ask(self):
        self.machine.wait(self.now)
        self.machine.watched()
        return self.machine.held()

    def follow(self, up, idle):
        return self.machine.set_status(up, idle, self.now)

    def flap(self):
        return self.follow(False, False) | self.follow(True, False)

    def lease(self):
        return self.follow(True, True) | self.follow(True, False)

    def next(self):
        self.now += self.machine.wait(self.now)

    def hold(self):
        while self.machine.state != sim.HELD:
            self.next()
            self.elapse()


def _low(mac, low, high):
    return low


def _is_taken(machine, host):
    return False


class NullLink:
    """A link that accepts every frame, and allocates nothing. receive() returns `frame` `waiting` times."""

    name = "w0"
    on_wake = None

    def __init__(self):
        self.kind = CLAIM
        self.frame = None
        self.waiting = 0
        self.sent = 0
        self.next = -1
        self.up = 1

    def mac(self):
        return MAC

    def status(self):
        return self.up

    def watch(self, host):
        pass

    def receive(self, buffer):
        if not self.waiting:
            return 0
        self.waiting -= 1
        for i in range(42):
            buffer[i] = self.frame[i]
        return self.kind

    def send(self, frame):
        self.sent += 1
        return True

    def assign(self, frame):
        return self.send(frame)

    def set_prefix(self, prefix):
        pass

    def counts(self):
        return 0, 0

    def wake(self, ms):
        self.next = ms

    def release(self):
        pass

    def close(self):
        pass


class SettableClock:
    """A clock that the test sets."""

    def __init__(self):
        self.now = 0

    def ticks_ms(self):
        return self.now


class Reports:
    """Replaces `sys` in the service, and counts the exceptions that the service reports."""

    def __init__(self):
        self.count = 0

    def print_exception(self, error):
        self.count += 1


def _service():
    sim.power_up(sim.Wire())
    service.sys = Reports()
    service.time = clock = SettableClock()
    link = NullLink()
    svc = service.Service(link, first=C)
    return link, clock, svc


def test_the_check_detects_an_allocation():
    if not MICROPYTHON:
        return
    made = []
    try:
        Check().run(lambda: made.append(bytearray(100)), "bytearray")
    except AssertionError:
        return
    raise AssertionError("the check did not detect an allocation")


def test_machine_claims_without_the_heap():
    steps = MachineSteps()
    check = Check()
    for name in ("probe 1", "probe 2", "probe 3", "announcement 1", "announcement 2"):
        steps.next()
        assert check.run(steps.elapse, name) & sim.FRAME
        check.run(steps.ask, "wait(), watched() and held() after " + name)
    assert steps.machine.held() == C


def test_machine_processes_frames_without_the_heap():
    steps = MachineSteps()
    check = Check()
    steps.kind, steps.frame = ROUTABLE_CLAIM, announcement(FOREIGN, X)
    assert check.run(steps.receive, "claim of the routable address, probing") == 128
    steps.hold()
    assert check.run(steps.receive, "claim of the routable address, held") == 128
    steps.kind, steps.frame = PROBE, probe(FOREIGN, C)
    assert check.run(steps.receive, "probe, held") == 0


def test_machine_drops_candidates_without_the_heap():
    steps = MachineSteps()
    check = Check()
    for attempt in range(12):
        steps.kind, steps.frame = ANSWER, denial(FOREIGN, steps.machine.host)
        if steps.machine.state == sim.PROBING:
            assert check.run(steps.receive, "denial %d" % attempt) == sim.CONFLICT
    assert steps.machine.state == sim.WAITING
    steps.next()
    check.run(steps.elapse, "end of the rate limit")
    assert steps.machine.state == sim.PROBING


def test_machine_defends_and_moves_without_the_heap():
    steps = MachineSteps()
    steps.hold()
    check = Check()
    steps.frame = announcement(FOREIGN, C)
    assert check.run(steps.contest, "defence") & sim.DEFENDED
    assert check.run(steps.contest, "move") & sim.LOST
    steps.hold()
    steps.now += 700000
    check.run(steps.elapse, "end of ten minutes without a loss")


def test_machine_works_with_a_failing_driver_without_the_heap():
    steps = MachineSteps()
    check = Check()
    steps.next()
    assert check.run(steps.refused, "refused probe") == sim.SEND
    steps.hold()


def test_machine_follows_link_and_lease_without_the_heap():
    steps = MachineSteps()
    steps.hold()
    check = Check()
    assert check.run(steps.flap, "flap") & sim.SUSPENDED
    steps.hold()
    assert check.run(steps.lease, "lease") & sim.LOST


def test_candidates_without_the_heap():
    check = Check()

    class Step:
        def choose(self):
            for attempt in range(100):
                candidate(OTHER, attempt)

    check.run(Step().choose, "candidates")


def test_service_works_without_the_heap():
    # Debug off, no callback: a claim, frames that do not matter, a defence, a move, and a complete new claim.
    link, clock, svc = _service()
    check = Check()
    check.run(svc._wake, "link up")

    def step(name):
        clock.now += max(link.next, 0)
        check.run(svc._wake, name)

    for name in ("probe 1", "probe 2", "probe 3", "announcement 1", "announcement 2"):
        sent = link.sent
        step(name)
        assert link.sent == sent + 1, name
    assert svc.state == "bound"
    for name, kind, frame in (
        ("probe for the held address", PROBE, probe(FOREIGN, C)),
        ("claim of the routable address", ROUTABLE_CLAIM, announcement(FOREIGN, X)),
    ):
        link.kind, link.frame, link.waiting = kind, frame, 4
        check.run(svc._wake, name)
    link.kind, link.frame, link.waiting = CLAIM, announcement(FOREIGN, C), 1
    check.run(svc._wake, "defence")
    assert svc.stats()["defences"] == 1
    link.waiting = 1
    check.run(svc._wake, "move")
    assert svc.stats()["moves"] == 1 and svc.state == "probing"
    link.kind, link.frame, link.waiting = ANSWER, denial(FOREIGN, svc._machine.host), 1
    check.run(svc._wake, "denial")
    for name in ("probe 1", "probe 2", "probe 3", "announcement 1", "announcement 2"):
        step(name + " of the second claim")
    assert svc.state == "bound" and service.sys.count == 0
    svc.stop()


def test_service_follows_link_and_lease_without_the_heap():
    link, clock, svc = _service()
    check = Check()
    svc._wake()
    for status in (0, 1, 0, 1, 2, 1):
        link.up = status
        check.run(svc._wake, "status %d" % status)
        clock.now += 2000
    assert service.sys.count == 0
    svc.stop()


def test_conflict_is_not_lost_while_the_heap_is_full():
    # the callback can't run, and the service reports this. The protocol continues.
    link, clock, svc = _service()
    events = []
    svc.on_event = lambda event, svc: events.append(event + "!")
    while svc.state != "bound":
        svc._wake()
        clock.now += max(link.next, 0)
    link.frame, link.waiting = announcement(FOREIGN, C), 2
    if MICROPYTHON:
        micropython.heap_lock()
    try:
        svc._wake()
    finally:
        if MICROPYTHON:
            micropython.heap_unlock()
    if MICROPYTHON:
        assert service.sys.count == 4 and events == ["bound!"]
    assert svc.stats()["defences"] == 1 and svc.stats()["moves"] == 1 and svc.state == "probing"
    svc.stop()
