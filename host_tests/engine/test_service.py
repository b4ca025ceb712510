# SPDX-License-Identifier: MIT
"""The service on a simulated link: the events and results that its user gets, and its calls to the link."""

import errno
import gc
import os
import sys

import autoip
import sim
from autoip import acd, service
from autoip.candidates import candidate, text
from sim import (
    FOREIGN,
    MAC,
    OTHER,
    REQUEST,
    ROUTABLE,
    TICKS_MAX,
    ZERO_MAC,
    Adversary,
    C,
    Denier,
    Link,
    Wire,
    X,
    announcement,
    denial,
    ip,
    is_probe,
    packet,
    power_up,
    probe,
    target,
)

CPYTHON = sys.implementation.name == "cpython"
if CPYTHON:
    import weakref

ADDRESS = "169.254.18.52"


class Errors:
    """Replaces `sys` in the service, and keeps the exceptions that it reports."""

    def __init__(self):
        self.reported = []

    def print_exception(self, error):
        self.reported.append(error)


class Memory:
    """A store without a file. fails: save() raises OSError."""

    def __init__(self, host=-1, fails=False):
        self.host = host
        self.saved = []
        self.tried = -1
        self._fails = fails

    def load(self):
        return self.host

    def save(self, host):
        if host >= 0:
            self.saved.append(host)
        if self._fails:
            raise OSError(errno.EIO)


class User:
    """A callback that records (event, address, previous, contested, state) and the time of each event.

    react: a function that is called with the same arguments.
    """

    def __init__(self, wire, react=None):
        self.reports = []
        self.times = []
        self._wire = wire
        self._react = react

    def __call__(self, event, svc):
        self.times.append(self._wire.now)
        self.reports.append((event, svc.address, svc.previous, svc.contested, svc.state))
        if self._react:
            self._react(event, svc)

    def events(self):
        return [report[0] for report in self.reports]


def _plug(wire, seed=1):
    power_up(wire, seed)
    service.sys = Errors()


def _start(wire=None, react=None, link=None, **options):
    """Returns a wire, a link, a user, and a service with C as its first candidate."""
    wire = wire or Wire()
    _plug(wire)
    link = link or Link(wire)
    user = User(wire, react)
    options.setdefault("first", C)
    return wire, link, user, service.Service(link, on_event=user, **options)


def _held():
    wire, link, user, svc = _start()
    wire.run(20000)
    assert svc.state == "bound"
    return wire, link, user, svc


def _instants():
    wire, _, _, _ = _start()
    wire.run(20000)
    return [ms for ms, _ in wire.trace]


def _lose(wire, host=C):
    wire.inject(wire.now, announcement(FOREIGN, host))
    wire.inject(wire.now, announcement(FOREIGN, host))
    wire.sleep(0)


# Events


def test_claim_is_reported_at_the_first_announcement():
    # R5227-2.3-c, D8, B24, R3927-6.1-b: no event before N1, and no other event after it.
    wire, link, user, svc = _start()
    n1 = _instants()[3]
    wire, link, user, svc = _start()
    assert svc.state == "waiting"
    wire.run(n1 - 1)
    assert user.reports == [] and svc.address is None and svc.state == "probing" and link.address == -1
    wire.run(n1)
    assert user.reports == [("bound", ADDRESS, None, None, "bound")] and user.times == [n1]
    assert link.calls == [(n1, "assign")] and link.address == C
    wire.run(60000)
    assert len(user.reports) == 1 and svc.state == "bound" and len(wire.trace) == 5


def test_denied_candidate_is_reported_with_its_offender():
    # R5227-2.1.1-h: one event per candidate, with the address and the MAC; D10.
    wire, _, user, svc = _start()
    for _ in range(3):
        wire.inject(1200, denial(FOREIGN, C))
    wire.run(1200)
    assert user.reports == [("conflict", None, None, ADDRESS, "probing")] and user.times == [1200]
    assert svc.offender == FOREIGN
    wire.run(20000)
    assert user.events() == ["conflict", "bound"]


def test_events_of_a_defence_and_a_loss():
    # R5227-2.4-e, R5227-2.4-d, R3927-6.1-b: complete, in order, with the old and the new address.
    wire, link, user, svc = _held()
    wire.inject(30000, announcement(FOREIGN, C))
    wire.inject(31000, announcement(OTHER, C))
    wire.run(50000)
    second = svc.address
    assert second not in (None, ADDRESS) and link.address >= 0
    assert user.reports == [
        ("bound", ADDRESS, None, None, "bound"),
        ("conflict", ADDRESS, None, ADDRESS, "bound"),
        ("defended", ADDRESS, None, ADDRESS, "bound"),
        ("conflict", None, ADDRESS, ADDRESS, "probing"),
        ("lost", None, ADDRESS, ADDRESS, "probing"),
        ("bound", second, ADDRESS, ADDRESS, "bound"),
    ]
    assert user.times[1:5] == [30000, 30000, 31000, 31000] and svc.offender == OTHER


def test_address_is_removed_before_the_event():
    on_interface = []
    wire, link, _user, _svc = _start(react=lambda event, svc: on_interface.append(link.address))
    wire.run(20000)
    _lose(wire)
    wire.sleep(20000)
    assert on_interface[:5] == [C, C, C, -1, -1]


def test_option_abandon_reports_no_defence():
    # R5227-2.4-c
    wire, _, user, _ = _start(abandon=True)
    wire.run(20000)
    wire.inject(20000, announcement(FOREIGN, C))
    wire.run(40000)
    assert user.events() == ["bound", "conflict", "lost", "bound"]


def test_link_down_and_up_reports_suspended_and_bound():
    # R3927-2.2-c, D9
    wire, link, user, svc = _held()
    wire.at(30000, link.carrier, False)
    wire.run(40000)
    assert svc.address is None and svc.state == "waiting" and (link.address, link.suspended) == (-1, C)
    link.carrier(True)
    wire.run(40100)
    assert svc.address is None and svc.state == "probing" and link.suspended == C
    wire.run(60000)
    assert user.reports[1:] == [
        ("suspended", None, ADDRESS, None, "waiting"),
        ("bound", ADDRESS, ADDRESS, None, "bound"),
    ]
    assert [what for _, what in link.calls] == ["assign", "suspend", "assign"]


def _suspended():
    wire, link, user, svc = _held()
    link.carrier(False)
    wire.sleep(10)
    assert user.events() == ["bound", "suspended"]
    return wire, link, user, svc


def test_suspended_address_that_is_denied_is_lost():
    # release() resets its connections.
    wire, link, user, svc = _suspended()
    link.carrier(True)
    wire.inject(wire.now + 1500, denial(FOREIGN, C))
    wire.sleep(1500)
    assert link.calls[-1] == (wire.now, "release") and link.suspended == -1
    wire.sleep(20000)
    assert user.reports[2:4] == [
        ("conflict", None, ADDRESS, ADDRESS, "probing"),
        ("lost", None, ADDRESS, ADDRESS, "probing"),
    ]
    assert user.events()[4:] == ["bound"] and svc.address not in (None, ADDRESS)


def test_suspended_address_is_lost_with_stop():
    _, link, user, svc = _suspended()
    svc.stop()
    assert user.events() == ["bound", "suspended", "lost", "stopped"] and svc.previous == ADDRESS
    assert link.calls[-1][1] == "release"


def test_suspended_address_is_lost_when_there_is_a_routable_address():
    # R3927-1.9-f
    wire, link, user, svc = _start(old=True)
    wire.run(20000)
    link.carrier(False)
    wire.sleep(10)
    link.carrier(True)
    link.other_address(True)
    wire.sleep(10)
    assert user.events() == ["bound", "suspended", "lost"] and svc.state == "idle"
    assert link.calls[-1][1] == "release"
    link.carrier(False)
    wire.sleep(10)
    svc.stop()
    assert user.events() == ["bound", "suspended", "lost", "stopped"]


def test_stop_reports_lost_and_stopped_once():
    wire, link, user, svc = _held()
    svc.stop()
    svc.stop()
    assert user.reports[1:] == [
        ("lost", None, ADDRESS, None, "stopped"),
        ("stopped", None, ADDRESS, None, "stopped"),
    ]
    assert link.address == -1 and not link.is_open and link.calls[-1] == (20000, "release")
    wire.inject(20001, announcement(FOREIGN, C))
    wire.run(100000)
    assert len(wire.trace) == 5 and svc.state == "stopped" and svc.address is None


def test_stop_before_the_claim_reports_stopped_only():
    for ms in (0, 1, 1500, 3000):
        wire, link, user, svc = _start()
        wire.run(ms)
        svc.stop()
        wire.run(20000)
        assert user.reports == [("stopped", None, None, None, "stopped")] and link.calls == []
        assert len(wire.trace) == len([at for at in _instants() if at <= ms])


def test_stop_at_once_before_the_first_wake_up():
    wire, _, user, svc = _start()
    svc.stop()
    wire.run(20000)
    assert user.events() == ["stopped"] and wire.trace == [] and service.running == []


def test_never_two_addresses_on_the_interface():
    # B16: assign() of the simulated link asserts this, too.
    wire, link, _, _svc = _held()
    for _i in range(5):
        _lose(wire, link.address)
        wire.sleep(10000)
        link.carrier(False)
        wire.sleep(500)
        link.carrier(True)
        wire.sleep(10000)
    calls = [what for _, what in link.calls]
    assert calls == ["assign"] + ["release", "assign", "suspend", "assign"] * 5


# Callbacks that fail


def _scenario(react=None):
    """A claim, a defence, a loss, another claim, a link flap, a stop."""
    wire, link, user, svc = _start(react=react)
    wire.inject(20000, announcement(FOREIGN, C))
    wire.inject(25000, announcement(FOREIGN, C))
    wire.at(40000, link.carrier, False)
    wire.at(41000, link.carrier, True)
    wire.run(60000)
    svc.stop()
    return wire, link, user, svc


def test_callback_that_raises_is_reported_and_changes_nothing():
    expected, expected_link, expected_user, _ = _scenario()

    def react(event, svc):
        raise ValueError(event)

    wire, link, user, _ = _scenario(react)
    assert wire.trace == expected.trace and link.calls == expected_link.calls
    assert user.reports == expected_user.reports and user.times == expected_user.times
    assert [error.args[0] for error in service.sys.reported] == user.events()
    assert user.events() == [
        "bound",
        "conflict",
        "defended",
        "conflict",
        "lost",
        "bound",
        "suspended",
        "bound",
        "lost",
        "stopped",
    ]


def test_callback_that_stops_the_service():
    # B30: in each event. "stopped" is the last event, the address is removed, and no frame follows.
    for last, nth in (
        ("bound", 1),
        ("conflict", 1),
        ("defended", 1),
        ("conflict", 2),
        ("lost", 1),
        ("bound", 2),
        ("suspended", 1),
        ("bound", 3),
        ("lost", 2),
        ("stopped", 1),
    ):
        count = [0]

        def react(event, svc, last=last, nth=nth, count=count):
            if event == last:
                count[0] += 1
                if count[0] == nth:
                    svc.stop()

        wire, link, user, svc = _scenario(react)
        events = user.events()
        assert events[-1] == "stopped" and events.count("stopped") == 1, (last, nth)
        assert svc.log()[-1][1] == "stopped", (last, nth)
        assert svc.state == "stopped" and svc.address is None and link.address == -1, (last, nth)
        assert not link.is_open and service.running == [], (last, nth)
        assert service.sys.reported == [], (last, nth)
        assert [what for _, what in link.calls][-1] == "release", (last, nth)
        if last != "stopped":
            stopped = user.times[-1]
            assert not [ms for ms, _ in wire.trace if ms > stopped], (last, nth)
            assert events.count(last) >= nth, (last, nth)


def test_callback_that_stops_the_service_in_a_storm():
    # The service does not process the frames that are still in the queue.
    wire, _, user, _ = _start(react=lambda event, svc: svc.stop() if event == "conflict" else None)
    wire.run(20000)
    for _ in range(1000):
        wire.inject(20000, announcement(FOREIGN, C))
    wire.run(40000)
    assert user.events() == ["bound", "conflict", "lost", "stopped"] and len(wire.trace) == 6


def test_callback_that_stops_the_service_for_a_routable_address():
    wire, link, user, svc = _start(react=lambda event, svc: event == "lost" and svc.stop(), old=True)
    wire.run(20000)
    link.other_address(True)
    wire.sleep(10)
    assert user.events() == ["bound", "lost", "stopped"] and svc.log()[-1][1] == "stopped"


def test_callback_that_starts_a_new_service():
    # A program may start a new service on the interface in the event "stopped".
    second = []

    def react(event, svc):
        if event == "stopped" and not second:
            user = User(wire)
            second.append((service.Service(Link(wire), first=C, on_event=user), user))

    wire, _, _, svc = _start(react=react)
    wire.run(20000)
    svc.stop()
    wire.run(40000)
    again, user = second[0]
    assert again.address == ADDRESS and user.events() == ["bound"] and svc.state == "stopped"


def test_callback_can_be_set_on_a_running_service():
    # boot.py starts the service, and main.py sets the callback.
    wire, _, first, svc = _held()
    second = User(wire)
    svc.on_event = second
    svc.stop()
    assert first.events() == ["bound"] and second.events() == ["lost", "stopped"]
    wire, _, user, svc = _held()
    svc.on_event = None
    svc.stop()
    assert user.events() == ["bound"]


class _Coroutine:
    """The result of a call to an async def that is not awaited."""

    def throw(self, error):
        raise error


def test_asynchronous_callback_is_reported():
    wire, _, _, svc = _start()
    svc.on_event = lambda event, svc: _Coroutine()
    wire.run(20000)
    assert svc.state == "bound"
    assert [(type(error), error.args) for error in service.sys.reported] == [
        (TypeError, ("on_event: a function, not async def",))
    ]


async def _asynchronous(event, svc):
    pass


def test_start_refuses_an_invalid_callback():
    # In CPython an async def and a function have the same type.
    for on_event in (5, "print") if CPYTHON else (5, "print", _asynchronous):
        try:
            service.Service(Link(Wire()), on_event=on_event)
        except TypeError as error:
            assert error.args[0] == "on_event: a function, not async def"
        else:
            raise AssertionError(on_event)


def test_service_without_a_callback():
    wire = Wire()
    _plug(wire)
    svc = service.Service(Link(wire), first=C)
    wire.run(20000)
    _lose(wire)
    wire.sleep(20000)
    assert svc.address not in (None, ADDRESS)
    svc.stop()


# Frames, timers and the link


def test_frame_that_arrives_with_the_timer_is_processed_first():
    # X-29, B13: the denial is in the queue in the ms in which N1 is due.
    n1 = _instants()[3]
    wire, _, user, svc = _start()
    wire.inject(n1, denial(FOREIGN, C))
    wire.run(n1)
    assert user.events() == ["conflict"]
    wire.run(30000)
    assert not any(frame[28:32] == ip(C) for _, frame in wire.trace) and svc.address != ADDRESS


class _EventBeforeAssign(Link):
    """A link that calls happen(link) just before the first address is assigned."""

    def __init__(self, wire, happen):
        super().__init__(wire)
        self._happen = happen

    def assign(self, frame):
        happen, self._happen = self._happen, None
        if happen:
            happen(self)
        return super().assign(frame)


def test_probe_just_before_the_first_announcement_is_processed_before_it():
    # The probe came before the address was in use, so it is a conflict, and lwIP did not reply to it. If the
    # service processed it after the announcement, it would not be a conflict, and the host would get no
    # reply.
    wire = Wire()
    link = _EventBeforeAssign(wire, lambda link: link.on_frame(probe(FOREIGN, C)))
    wire, link, user, svc = _start(wire, link=link)
    wire.run(30000)
    assert user.events() == ["conflict", "bound"] and svc.address != ADDRESS
    assert not any(frame[28:32] == ip(C) for _, frame in wire.trace)


def test_flap_just_before_the_first_announcement_is_processed_before_it():
    wire = Wire()
    _, _, user, svc = _start(wire, link=_EventBeforeAssign(wire, lambda link: link.flap(None)))
    wire.run(30000)
    assert user.events() == ["bound"] and svc.address == ADDRESS
    assert [is_probe(frame) for _, frame in wire.trace] == [True] * 6 + [False] * 2


def test_late_wake_up_processes_frames_first():
    # The scheduler is busy for ten seconds, and the denial comes during this time.
    wire, link, user, svc = _start()
    n1 = _instants()[3]
    wire, link, user, svc = _start()
    wire.run(n1 - 1)
    link.on_frame(denial(FOREIGN, C))
    link._scheduled = False
    wire.now += 10000
    wire.sleep(20000)
    assert user.events() == ["conflict", "bound"] and svc.address != ADDRESS


def test_storm_of_conflicts():
    # X-30, B37: the queue has two slots. The first two conflicts have an effect, and the others are dropped.
    wire, _link, user, svc = _held()
    for _ in range(1000):
        wire.inject(30000, announcement(FOREIGN, C))
    wire.run(30000)
    assert user.events()[1:] == ["conflict", "defended", "conflict", "lost"]
    assert svc.stats()["dropped"] > 900 and svc.stats()["conflicts"] == 2
    wire.run(60000)
    assert svc.address not in (None, ADDRESS)


def test_flap_between_two_wake_ups_is_not_missed():
    # R3927-2.2-c
    # status() returns 0 once, even if the link was down for a very short time.
    wire, link, user, _ = _held()
    link.carrier(False)
    link.carrier(True)
    wire.run(21100)
    assert user.events() == ["bound", "suspended"] and is_probe(wire.trace[-1][1])
    wire.run(40000)
    assert user.events() == ["bound", "suspended", "bound"]


def test_flap_in_the_same_ms_as_a_conflict():
    # The order of the two doesn't matter, because the address is probed again.
    wire, link, user, svc = _held()
    link.carrier(False)
    link.carrier(True)
    link.on_frame(announcement(FOREIGN, C))
    wire.run(40000)
    assert user.events()[:2] == ["bound", "suspended"] and svc.address


def test_link_that_bounces_when_it_comes_up():
    # The link is down for a long time, then up, down and up again before the scheduler runs.
    wire, link, _user, svc = _start()
    link.carrier(False)
    wire.run(5000)
    assert svc.state == "waiting" and wire.trace == []
    link.carrier(True)
    link.carrier(False)
    link.carrier(True)
    wire.sleep(20000)
    assert svc.address == ADDRESS


def test_link_that_bounced_before_the_start():
    wire = Wire()
    link = Link(wire)
    link.carrier(False)
    link.carrier(True)
    wire, link, _user, svc = _start(wire, link=link)
    wire.run(20000)
    assert svc.address == ADDRESS


def test_new_mac_of_the_interface():
    wire, link, _, svc = _held()
    link.carrier(False)
    wire.sleep(100)
    link.hwaddr = OTHER
    link.carrier(True)
    since = wire.now
    wire.sleep(20000)
    assert [frame[22:28] for ms, frame in wire.trace if ms >= since] == [OTHER] * 5 and svc.address == ADDRESS


def test_driver_that_refuses_frames():
    # the frame is noted in the log and sent again, but not counted.
    wire, link, _user, svc = _start()
    link.refuse = 2
    wire.run(20000)
    stats = svc.stats()
    assert stats["probes"] == 3 and stats["announcements"] == 2 and len(wire.trace) == 5
    assert [word for _, word, _ in svc.log()].count("unsent") == 2


class _LinkWithFullHeap(Link):
    """A link whose mac() raises MemoryError, because the heap is full."""

    heap_full = False

    def mac(self):
        if self.heap_full:
            raise MemoryError
        return super().mac()


def test_link_change_while_the_heap_is_full_is_not_lost():
    # the change is processed as soon as there is memory again.
    for before, after in ((False, True), (True, False)):
        wire = Wire()
        link = _LinkWithFullHeap(wire)
        link.carrier(before)
        wire, link, _, svc = _start(wire, link=link)
        wire.run(20000)
        link.heap_full = True
        link.carrier(after)
        try:
            wire.sleep(10)
        except MemoryError:
            pass
        link.heap_full = False
        link.on_frame(announcement(FOREIGN, X))
        link.act()
        wire.sleep(20000)
        assert (svc.address is not None) == after and svc.state == ("bound" if after else "waiting")


def test_link_watches_the_address_of_the_claim():
    wire, link, _, svc = _start()
    wire.run(10)
    assert link._watched == C
    wire.run(20000)
    assert link._watched == C
    link.carrier(False)
    wire.sleep(10)
    assert link._watched == -1
    link.carrier(True)
    wire.sleep(20000)
    _lose(wire)
    assert link._watched == svc._machine.host != C


# A routable address


def test_options_old_and_force_keep_the_address_without_new_traffic():
    # R3927-1.9-e
    wire, link, user, svc = _start(old=True, force=True)
    wire.run(20000)
    assert link.prefix == 16
    for present, prefix in ((True, 32), (False, 16), (True, 32)):
        link.other_address(present)
        wire.sleep(10)
        assert link.prefix == prefix and svc.address == ADDRESS
    link.flap(None)
    link.prefix = 0
    wire.sleep(20000)
    assert link.prefix == 32 and user.events() == ["bound", "suspended", "bound"]


def test_option_old_moves_sockets_to_the_routable_address():
    """The link's prefix is 0 when the address is removed, and 16 while there is no routable address."""
    # R3927-1.9-e
    wire, link, _, svc = _start(old=True)
    release, prefixes = link.release, []

    def recorded():
        if link.address >= 0:
            prefixes.append(link.prefix)
        release()

    link.release = recorded
    wire.run(20000)
    for present, prefix, address in ((True, 0, None), (False, 16, ADDRESS)):
        link.other_address(present)
        wire.sleep(20000)
        assert (link.prefix, svc.address) == (prefix, address)
    assert prefixes == [0]


def test_defaults_of_the_options():
    wire = Wire()
    _plug(wire)
    svc = service.Service(Link(wire))
    assert svc._machine.delay == 2000 and svc._machine.host == candidate(MAC, 0)
    assert len(service._frame) == 42 and svc.log() == []


def test_force_without_old_is_noted():
    for options, entries in (
        ({"force": True}, [("force without old", None)]),
        ({"old": True, "force": 1}, []),
    ):
        _, _, _, svc = _start(**options)
        assert [entry[1:] for entry in svc.log()] == entries


def test_frame_from_before_a_link_down_sets_no_offender():
    wire, link, user, svc = _held()
    link.on_frame(announcement(FOREIGN, C))
    link.carrier(False)
    wire.sleep(10)
    assert user.events() == ["bound", "suspended"] and svc.offender == bytes(6)


def test_options_are_truth_values():
    for old, force, prefix in ((1, 2, 32), ("yes", [1], 32), (1, "", 0), ([], 5, 16), (None, None, 16)):
        _, _, _, svc = _start(old=old, force=force)
        assert svc._prefix == prefix, (old, force)


def test_traffic_stays_with_the_address_without_option_old():
    for options in ({}, {"force": True}):
        wire, link, _, svc = _start(**options)
        link.other_address(True)
        wire.run(20000)
        assert link.prefix == 16 and svc.address == ADDRESS


def test_routable_conflict_after_a_link_local_one_has_no_contested_address():
    wire, link, user, svc = _start()
    link.other_address(True)
    wire.run(20000)
    wire.inject(30000, announcement(FOREIGN, C))
    wire.inject(40000, packet(REQUEST, OTHER, ROUTABLE, ZERO_MAC, ROUTABLE))
    wire.run(35000)
    assert svc.contested == ADDRESS and svc.offender == FOREIGN
    wire.run(45000)
    assert user.reports[-1] == ("routable conflict", ADDRESS, None, None, "bound")
    assert svc.contested is None and svc.offender == OTHER
    assert [entry[1:] for entry in svc.log()][-3:] == [
        ("conflict", ADDRESS),
        ("defended", ADDRESS),
        ("routable conflict", None),
    ]


def test_conflict_on_the_routable_address_is_only_reported():
    wire, link, user, svc = _start()
    link.other_address(True)
    wire.run(20000)
    wire.inject(30000, packet(REQUEST, FOREIGN, ROUTABLE, ZERO_MAC, ROUTABLE))
    wire.run(40000)
    assert user.reports[1:] == [("routable conflict", ADDRESS, None, None, "bound")]
    assert svc.offender == FOREIGN and len(wire.trace) == 5
    assert svc.stats()["routable_conflicts"] == 1 and svc.stats()["conflicts"] == 0


def test_a_new_name_is_reported_and_changes_nothing():
    wire, link, user, svc = _held()
    link.rename("lamp-2.local")
    wire.sleep(0)
    assert user.reports[1:] == [("lamp-2.local", ADDRESS, None, None, "bound")]
    assert ("lamp-2.local", None) in [entry[1:] for entry in svc.log()]
    assert len(wire.trace) == 5 and svc.stats()["conflicts"] == 0


# Queries


def _is_error(function, number):
    try:
        function()
    except OSError as error:
        return error.args[0] == number
    return False


def test_bits_and_states_are_equal_in_both_files():
    # service.py copies them from acd.py, because const() is local to its file.
    if not CPYTHON:
        return
    names = "_SEND _ASSIGN _CONFLICT _DEFENDED _SUSPENDED _LOST _BOUND _ROUTABLE".split()
    for i, name in enumerate(names):
        assert getattr(acd, name) == getattr(service, name, 1 << i) == 1 << i, name
    states = "STOPPED WAITING IDLE PROBING ANNOUNCING HELD".split()
    assert [getattr(acd, "_" + name) for name in states] == list(range(6))


def test_wait_blocks_until_the_address_is_held():
    n1 = _instants()[3]
    wire, _, _, svc = _start()
    assert svc.wait() == ADDRESS
    assert n1 <= wire.now <= n1 + 10
    assert svc.wait() == svc.wait(0) == ADDRESS and wire.now <= n1 + 10


def test_wait_times_out():
    wire, _, _, svc = _start()
    assert _is_error(lambda: svc.wait(0), errno.ETIMEDOUT) and wire.now == 0
    assert _is_error(lambda: svc.wait(100), errno.ETIMEDOUT) and 100 <= wire.now <= 105
    wire, _, _, svc = _start(Wire(TICKS_MAX - 50))
    assert _is_error(lambda: svc.wait(100), errno.ETIMEDOUT) and 100 <= wire.now <= 105
    assert svc.wait(7000) == ADDRESS


def test_wait_polls_every_5_ms_and_changed_every_50():
    wire, _, _, svc = _start()
    assert _is_error(lambda: svc.wait(1), errno.ETIMEDOUT) and wire.now == 5
    wire, link, _, svc = _held()
    wire.at(20001, link.carrier, False)
    assert _await(wire, svc.changed()) is None and wire.now == 20050


def test_longest_timeout():
    _, _, _, svc = _start()
    assert svc.wait(2**29 - 1) == ADDRESS


def test_wait_ends_when_the_service_does():
    wire, _, _, svc = _start()
    wire.at(1000, lambda _: svc.stop())
    assert _is_error(svc.wait, errno.ENOTCONN) and 1000 <= wire.now <= 1005
    assert _is_error(svc.wait, errno.ENOTCONN)
    wire, _, _, svc = _held()
    svc.stop()
    assert _is_error(svc.wait, errno.ENOTCONN)


class _Asyncio:
    """Replaces asyncio. sleep_ms() advances the clock of the wire."""

    def __init__(self, wire):
        self._wire = wire

    async def sleep_ms(self, ms):
        self._wire.sleep(ms)


def _await(wire, coroutine):
    real = sys.modules.get("asyncio")
    sys.modules["asyncio"] = _Asyncio(wire)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        del sys.modules["asyncio"]
        if real:
            sys.modules["asyncio"] = real
    raise AssertionError("not done")


def test_ready_is_wait_for_asyncio():
    n1 = _instants()[3]
    wire, _, _, svc = _start()
    assert _await(wire, svc.ready()) == ADDRESS and n1 <= wire.now <= n1 + 50
    svc.stop()
    assert _is_error(lambda: _await(wire, svc.ready()), errno.ENOTCONN)


class _Callback:
    """Replaces the module `_autoip` in a callback of the scheduler."""

    def refuse_callback(self):
        raise RuntimeError


def test_wait_and_save_raise_in_a_callback():
    # wait() would never end, because nothing changes until the callback returns. save() must not write a
    # file, because the callback may have interrupted the file system.
    store = Memory()
    wire, _, _, svc = _start(store=store)
    real, service._autoip = service._autoip, _Callback()
    try:
        for now in (0, 20000):
            wire.run(now)
            for function in (svc.wait, svc.save):
                try:
                    function()
                except RuntimeError:
                    pass
                else:
                    raise AssertionError("no RuntimeError")
            assert wire.now == now and store.saved == []
    finally:
        service._autoip = real


def test_changed_returns_the_address_or_none_at_each_change():
    wire, link, _, svc = _start()
    n1 = _instants()[3]
    wire, link, _, svc = _start()
    assert svc.reachable is None
    assert _await(wire, svc.changed()) == ADDRESS == svc.reachable and n1 <= wire.now <= n1 + 50
    wire.at(30000, link.carrier, False)
    assert _await(wire, svc.changed()) is None and 30000 <= wire.now <= 30050 and svc.reachable is None
    wire.at(31000, link.carrier, True)
    assert _await(wire, svc.changed()) == ADDRESS


def test_changed_misses_nothing_between_two_calls():
    wire, link, _, svc = _held()
    assert _await(wire, svc.changed(None)) == ADDRESS and wire.now == 20000
    link.carrier(False)
    wire.sleep(10)
    assert _await(wire, svc.changed(ADDRESS)) is None and wire.now == 20010


def test_changed_ends_when_the_service_does():
    wire, _, _, svc = _held()
    wire.at(30000, lambda _: svc.stop())
    assert _is_error(lambda: _await(wire, svc.changed()), errno.ENOTCONN) and wire.now <= 30050
    assert svc.reachable is None and _is_error(lambda: _await(wire, svc.changed()), errno.ENOTCONN)


def test_states_by_name():
    wire, link, _, svc = _start()
    seen = [svc.state]
    for ms in range(0, 12000, 10):
        wire.run(ms)
        if svc.state != seen[-1]:
            seen.append(svc.state)
    link.carrier(False)
    wire.sleep(10)
    seen.append(svc.state)
    svc.stop()
    assert seen + [svc.state] == "waiting probing bound waiting stopped".split()  # noqa: RUF005


def test_statistics():
    wire, _, _, svc = _held()
    wire.inject(30000, announcement(FOREIGN, C))
    wire.inject(50000, packet(REQUEST, FOREIGN, ip(C), ZERO_MAC, ip(X), src=OTHER))
    wire.run(50000)
    _lose(wire)
    wire.sleep(20000)
    assert svc.stats() == {
        "probes": 6,
        "announcements": 4,
        "conflicts": 3,
        "defences": 2,
        "moves": 1,
        "dropped": 0,
        "malformed": 0,
        "mismatched": 1,
        "routable_conflicts": 0,
    }
    svc.stop()
    assert svc.stats()["probes"] == 6


def test_malformed_frame_is_counted():
    wire, _link, _, svc = _held()
    frame = announcement(FOREIGN, C)
    wire.inject(30000, frame[:14] + b"\x00\x06" + frame[16:])
    wire.run(30000)
    assert svc.stats()["malformed"] == 1 and svc.stats()["conflicts"] == 0


def test_log_has_all_events():
    wire, _, _, svc = _held()
    words = [word for _, word, _ in svc.log()]
    assert words == ["up", "bound"]
    assert [ms for ms, _, _ in svc.log()] == [0, wire.trace[3][0]]
    assert svc.log()[1][2] == ADDRESS and svc.log()[0][2] is None
    _lose(wire)
    assert svc.log()[-1][1:] == ("lost", ADDRESS)
    svc.stop()
    assert svc.log()[-1][1:] == ("stopped", None)


def test_boards_with_equal_random_numbers_but_different_macs_wait_for_different_times():
    # R3927-2.2.1-f: the random numbers of all boards are equal here, so only the MACs make the times differ.
    waits = set()
    for i in range(100):
        wire = Wire()
        _plug(wire, seed=1)
        service.Service(Link(wire, b"\x02\x00\x00\x00\x00" + bytes((i,))))
        wire.run(1100)
        waits.add(wire.trace[0][0])
    assert len(waits) > 50


def test_random_reaches_both_ends_evenly():
    counts = [0] * 5
    for _ in range(5000):
        counts[service._random(MAC, 3, 7) - 3] += 1
    assert min(counts) > 850 and max(counts) < 1150
    assert service._random(MAC, 9, 9) == 9


# The stored address


def test_stored_address_is_tried_first():
    # R3927-2.1-g, R3927-2.1-f
    store = Memory(C)
    wire, _, _, svc = _start(first=-1, store=store)
    wire.run(1500)
    assert wire.trace[0][1][38:42] == ip(C)
    wire.run(20000)
    assert svc.address == ADDRESS


def test_address_is_not_saved_in_a_callback():
    # A callback must not write a file, because it may have interrupted the file system.
    store = Memory()
    wire, _, _, svc = _start(store=store)
    wire.run(20000)
    _lose(wire)
    wire.sleep(20000)
    svc.stop()
    assert store.saved == []


def test_each_address_is_saved_once_by_the_program():
    store = Memory()
    wire, _, _, svc = _start(store=store)
    svc.save()
    assert store.saved == []
    svc.wait()
    svc.wait()
    _await(wire, svc.ready())
    assert store.saved == [C]
    svc.save()  # always calls the store, which writes the file only if the address has changed
    assert store.saved == [C, C]
    _lose(wire)
    second = _await(wire, svc.changed(None))
    assert [text(host) for host in store.saved] == [ADDRESS, ADDRESS, second]
    svc.stop()
    svc.save()
    assert len(store.saved) == 3


def test_changed_saves_an_address_that_came_before_it_was_called():
    store = Memory()
    wire, link, _, svc = _start(store=store)
    wire.run(20000)
    wire.at(21000, link.carrier, False)
    assert _await(wire, svc.changed()) is None and store.saved[0] == C


def test_save_without_remember_does_nothing():
    _, _, _, svc = _held()
    svc.save()


def test_option_ip_overrides_the_store():
    wire, _, _, svc = _start(first=C + 1, store=Memory(C))
    wire.run(20000)
    assert svc.address == text(C + 1)


def test_empty_store_leaves_the_first_choice():
    wire, _, _, svc = _start(first=-1, store=Memory(-1))
    wire.run(20000)
    assert svc.address == text(candidate(MAC, 0))


def test_store_that_fails_is_reported_once():
    store = Memory(fails=True)
    _, _, user, svc = _start(store=store)
    assert svc.wait() == svc.wait() == ADDRESS
    assert user.events() == ["bound"] and store.saved == [C]
    assert [error.args[0] for error in service.sys.reported] == [errno.EIO]
    assert _is_error(svc.save, errno.EIO)


# Several services


def _addresses_until_the_pause(wire, svc):
    """How many addresses the service has probed before the first pause of the rate limit."""
    while svc.state != "waiting" or wire.now == 0:
        wire.sleep(100)
    return len({target(frame) for _, frame in wire.trace if is_probe(frame)})


def test_ten_denials_on_a_new_interface_reach_the_limit():
    # R3927-2.2.1-m
    wire, _, _, svc = _start(first=-1)
    Denier(wire)
    assert _addresses_until_the_pause(wire, svc) == 10


def test_ten_losses_on_a_new_interface_reach_the_limit():
    # R5227-2.1.1-m
    wire, link, _, svc = _start(first=-1, abandon=True)

    def on_frame(frame):
        if not is_probe(frame) and frame[22:28] == link.hwaddr:
            wire.inject(wire.now + 1, announcement(FOREIGN, target(frame)))

    Adversary(wire, on_frame)
    assert _addresses_until_the_pause(wire, svc) == 10


def test_stop_and_start_keep_the_limit():
    # X-35, B10: the limit belongs to the interface, not to the service.
    wire, _link, user, svc = _start(first=-1)
    Denier(wire)
    while svc.state != "waiting" or wire.now == 0:
        wire.sleep(100)
    since = wire.now
    for _ in range(300):
        svc.stop()
        svc = service.Service(Link(wire), on_event=user)
        wire.sleep(1000)
    starts = [ms for ms, frame in wire.trace if ms >= since and is_probe(frame)]
    assert 3 <= len(starts) <= 5 and starts[0] >= since + 59000
    assert all(starts[i + 1] - starts[i] >= 60000 for i in range(len(starts) - 1))


def test_a_thousand_starts_and_stops_leave_nothing():
    # B33
    wire, _, _, svc = _start()
    svc.stop()
    for i in range(1000):
        svc = service.Service(Link(wire), first=C)
        wire.sleep(i % 9 * 1000)
        svc.stop()
        wire.trace.clear()
    assert service.running == wire.stations == []
    wire.sleep(100000)
    assert wire.trace == []


def test_two_services_on_one_wire():
    # R3927-3.4-b
    wire, link, _, a = _start()
    b = service.Service(Link(wire, OTHER, "w1", link.board), first=C)
    wire.run(20000)
    assert a.address == ADDRESS and b.address not in (None, ADDRESS)
    assert a.stats()["conflicts"] == b.stats()["conflicts"] == 0
    a.stop()
    b.stop()
    assert service.running == []


def test_service_has_a_conflict_with_another_host():
    # B13: a frame of one host stops the claim of the other.
    for seed in range(20):
        wire = Wire(latency=1)
        _plug(wire, seed)
        a = service.Service(Link(wire, MAC), first=C)
        wire.run(seed * 300)
        power_up(wire, seed + 1)  # b is on another board
        b = service.Service(Link(wire, OTHER, "w1"), first=C)
        wire.run(30000)
        assert a.address and b.address and a.address != b.address


# The public functions


class _Nic:
    """A `network` object. name: the name of its interface in lwIP, or None if it has no interface."""

    def __init__(self, name):
        self.name = name


class _Firmware:
    """Replaces the module `_autoip`: two interfaces, w0 and w1."""

    def __init__(self, wire):
        self.names = ["w0", "w1"]  # the names of the interfaces, the default interface first
        self._wire = wire
        self._links = []

    def name(self, nic):
        if nic is None:
            nic = self.names[0] if self.names else None
        name = getattr(nic, "name", nic)
        if name not in self.names:
            raise OSError(errno.ENODEV)
        return name

    def Link(self, nic):
        name = self.name(nic)
        if name in [link.name for link in self._links if link.is_open]:
            raise OSError(errno.EALREADY)
        link = Link(self._wire, MAC if name == "w0" else OTHER, name)
        self._links.append(link)
        return link


def _public(function):
    wire = Wire()
    _plug(wire)
    real = autoip._autoip
    autoip._autoip = _Firmware(wire)
    try:
        function(wire)
    finally:
        autoip.stop()
        autoip._autoip = real
    assert wire.stations == service.running == []


def test_start_get_stop():
    def scenario(wire):
        assert autoip.get() is None and autoip.get("w1") is None
        svc = autoip.start()
        assert autoip.get() is autoip.get("w0") is svc and svc.wait() == text(candidate(MAC, 0))
        assert _is_error(autoip.start, errno.EALREADY)
        assert _is_error(lambda: autoip.start("w0"), errno.EALREADY)
        other = autoip.start("w1")
        wire.sleep(10000)
        assert other.address and other.address != svc.address
        autoip.stop("w1")
        assert autoip.get("w1") is None and other.state == "stopped" and svc.state == "bound"
        autoip.stop("w1")
        autoip.stop()
        assert svc.state == "stopped" and autoip.get() is None
        autoip.stop()
        assert autoip.start().wait() == text(candidate(MAC, 0))

    _public(scenario)


def test_unknown_interface_raises_enodev():
    def scenario(wire):
        for function in (autoip.start, autoip.stop, autoip.get):
            assert _is_error(lambda function=function: function("e9"), errno.ENODEV)
        assert wire.stations == []

    _public(scenario)


def test_get_without_argument_finds_the_only_service():
    def scenario(wire):
        second = autoip.start("w1")
        assert autoip.get() is second
        first = autoip.start()
        assert first is not second and autoip.get() is autoip.get("w0") is first
        autoip._autoip.names.reverse()
        assert autoip.get() is second and autoip.get("w0") is first
        second.stop()
        assert autoip.get() is first

    _public(scenario)


def test_no_service_before_there_is_an_interface():
    def scenario(wire):
        autoip._autoip.names.clear()
        assert autoip.get() is None
        autoip.stop()
        assert _is_error(autoip.start, errno.ENODEV)

    _public(scenario)


def test_removed_interface_keeps_its_service():
    # An interface is removed by wlan.deinit(), for example.
    def scenario(wire):
        for nics in ((_Nic("w0"), _Nic("w1")), ("w0", "w1")):
            services = [autoip.start(nic) for nic in nics]
            names, autoip._autoip.names = autoip._autoip.names, []
            assert [autoip.get(nic) for nic in nics] == services
            assert [autoip.get(name) for name in names] == services
            for nic, svc in zip(nics, services):  # noqa: B905
                autoip.stop(nic)
                assert svc.state == "stopped"
                assert _is_error(lambda nic=nic: autoip.get(nic), errno.ENODEV)
            autoip._autoip.names = names

    _public(scenario)


def test_remember_is_a_file_that_the_next_start_reads():
    path = (os.getenv("TMPDIR") or "/tmp") + "/autoip-service-test.txt"

    def scenario(wire):
        svc = autoip.start(ip=ADDRESS, remember=path)
        wire.run(20000)
        with open(path) as file:
            assert file.read() == ""
        assert svc.wait() == ADDRESS
        svc.stop()
        svc = autoip.start(remember=path)
        wire.sleep(20000)
        assert svc.address == ADDRESS

    try:
        _public(scenario)
    finally:
        os.remove(path)


def test_version_is_text():
    assert len(autoip.__version__.split(".")) == 3


def test_firmware_without_the_module_raises_an_import_error():
    if not CPYTHON:
        return
    saved = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "autoip"}
    module, sys.modules["_autoip"] = sys.modules["_autoip"], None
    try:
        __import__("autoip")
    except ImportError as error:
        assert error.args[0] == "flash firmware that includes _autoip"
    else:
        raise AssertionError("no ImportError")
    finally:
        sys.modules["_autoip"] = module
        sys.modules.update(saved)


def test_mount_takes_a_string():
    try:
        autoip.mount(5)
    except TypeError as error:
        assert error.args[0] == "options: a string"
    else:
        raise AssertionError("no TypeError")


def test_mount_is_start():
    def scenario(wire):
        svc = autoip.mount("if=w1,ip=169.254.18.52,delay=200,abandon")
        assert autoip.get("w1") is svc
        wire.sleep(1000)
        assert svc.address == ADDRESS and wire.trace[3][0] <= 100 + 2 * 200 + 200 + 5
        wire.inject(wire.now, announcement(FOREIGN, C))
        wire.sleep(0)
        assert svc.address is None  # abandon
        assert autoip.mount("").state == "waiting" and autoip.get("w0")

    _public(scenario)


def test_start_refuses_bad_values_and_leaves_nothing():
    def scenario(wire):
        for options, name in (
            ({"ip": "169.254.0.1"}, "ip"),
            ({"ip": "10.0.0.1"}, "ip"),
            ({"delay": 0}, "delay"),
            ({"delay": 8001}, "delay"),
            ({"delay": 1.5}, "delay"),
            ({"remember": 5}, "remember"),
            ({"remember": ""}, "remember"),
        ):
            try:
                autoip.start(**options)
            except ValueError as error:
                assert error.args[0].startswith(name + ":"), options
            else:
                raise AssertionError(options)
        assert wire.stations == [] and autoip.get() is None

    _public(scenario)


# Memory of a service


class _LinkThatFails(Link):
    """A link of which one method raises MemoryError. step: the method, or "on_wake" for setting on_wake."""

    def __init__(self, wire, step):
        self._step = step
        super().__init__(wire)

    def mac(self):
        return self._fail("mac") or super().mac()

    def wake(self, ms):
        return self._fail("wake") or super().wake(ms)

    def __setattr__(self, name, value):
        if name == "on_wake" and value:
            self._fail(name)
        super().__setattr__(name, value)

    def _fail(self, step):
        if step == self._step:
            raise MemoryError


def _is_no_memory(function):
    try:
        function()
    except MemoryError:
        return True
    return False


def test_start_that_fails_late_leaves_nothing():
    def scenario(wire):
        firmware = autoip._autoip
        real = firmware.Link
        for step in ("mac", "wake", "on_wake")[: 3 if CPYTHON else 2]:  # MicroPython has no __setattr__
            firmware.Link = lambda nic, step=step: _LinkThatFails(wire, step)
            assert _is_no_memory(autoip.start), step
            assert service.running == wire.stations == [], step
        for options in ({"spam": 1}, {"on_event": 1}):
            firmware.Link = real
            try:
                autoip.start(**options)
            except (TypeError, ValueError):
                assert service.running == wire.stations == [], options
        autoip.stop()
        svc = autoip.start(ip=ADDRESS)
        wire.sleep(20000)
        assert svc.address == ADDRESS

    _public(scenario)


def _life(wire):
    """A service from start to stop, with a callback that holds a reference to 10,000 bytes."""
    ballast = bytearray(10000)

    def on_event(event, svc):
        ballast[0] += 1

    svc = autoip.start(on_event=on_event)
    wire.sleep(10000)
    assert svc.address
    svc.stop()
    wire.trace.clear()
    return weakref.ref(on_event) if CPYTHON else None


def test_stopped_service_leaves_no_reference_to_it():
    def scenario(wire):
        if CPYTHON:
            remembered = _life(wire)
            gc.collect()
            assert remembered() is None
            return
        for _ in range(3):
            _life(wire)
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(10):
            _life(wire)
        gc.collect()
        # The garbage collector keeps an object if any word on the stack looks like a pointer to it.
        assert gc.mem_alloc() - before < 10000

    _public(scenario)


# The log


def test_log_is_a_ring_oldest_first():
    wire, _, _, svc = _start(Wire(TICKS_MAX - 50))
    assert svc.log() == []
    for i in range(100):
        svc._note("bound" if i % 2 else "up", i if i % 2 else -1)
        entries = svc.log()
        assert len(entries) == min(i + 1, 8)
        assert [entry[0] for entry in entries] == [
            (TICKS_MAX - 50 + j) & TICKS_MAX for j in range(max(0, i - 7), i + 1)
        ]
        wire.now += 1
    assert svc.log()[-2:] == [(47, "up", None), (48, "bound", "169.254.0.99")]


def test_debug_keeps_every_event_and_every_packet_sent_and_prints_nothing():
    # QNX option `debug`. Output from a scheduled callback would corrupt the protocol of the raw REPL.
    def fail(*args, **options):
        raise AssertionError("printed")

    service.print = fail
    try:
        wire, _, _, svc = _start(debug=True)
        wire.run(20000)
        _lose(wire)
        svc.stop()
    finally:
        del service.print
    words = ["up"] + ["probe"] * 3 + ["announcement", "bound", "announcement"]
    assert [word for _, word, _ in svc.log()[:7]] == words and len(svc.log()) == 7 + 6
    assert svc.log()[1][1:] == ("probe", ADDRESS) and service.sys.reported == []


def test_debug_keeps_sixty_four_entries():
    _, _, _, svc = _start(debug=True)
    for _ in range(100):
        svc._note("up", -1)
    assert len(svc.log()) == 64


def test_log_without_debug_has_no_packets():
    wire, _, _, svc = _start()
    for i in range(1, 10):
        wire.run(i * 20000)
        wire.inject(wire.now, announcement(FOREIGN, C))
    wire.sleep(1000)
    assert [word for _, word, _ in svc.log()] == ["conflict", "defended"] * 4


def test_repr_of_a_service():
    wire, _, _, svc = _start()
    assert repr(svc).startswith("<autoip w0 waiting None {")
    wire.run(20000)
    text = repr(svc)
    assert text.startswith("<autoip w0 bound 169.254.18.52 {") and "'probes': 3" in text


def test_timeout_out_of_range_is_refused():
    _, _, _, svc = _start()
    for timeout in ("5", 1.5, -1, True, 2**29, 2**30, 2**40):
        try:
            svc.wait(timeout)
        except ValueError as error:
            assert str(error) == "timeout_ms: 0 to 536870911"
        else:
            raise AssertionError(timeout)


def test_wait_with_old_returns_either_address():
    # RFC 3927 1.9: a routable address replaces the link-local one.
    wire, link, _, svc = _start(old=True)
    wire.run(20000)
    assert svc.wait() == ADDRESS and svc.routable is None
    link.other_address(True)
    wire.sleep(10)
    assert svc.state == "idle" and svc.wait() == svc.routable == "10.0.0.99"
    link.other_address(False)
    wire.sleep(20000)
    assert svc.wait() == ADDRESS and svc.routable is None


def test_routable_address_in_addition_to_the_link_local_one():
    wire, link, _, svc = _start()
    link.other_address(True)
    wire.run(20000)
    assert svc.wait() == ADDRESS and svc.routable == "10.0.0.99"


def test_wait_returns_no_routable_address_that_is_gone():
    wire, link, _, svc = _start(old=True)
    link.other_address(True)
    wire.run(10)
    assert svc.wait() == svc.routable == "10.0.0.99"
    link.set_silently(None)
    assert svc.state == "idle" and svc.routable is None
    assert svc.wait() == ADDRESS


def test_wait_returns_the_routable_address_that_replaces_another():
    wire, link, _, svc = _start(old=True)
    link.other_address(True)
    wire.run(10)
    link.set_silently(b"\x0a\x00\x00\x62")
    assert svc.routable is None
    assert svc.wait() == svc.routable == "10.0.0.98"
    assert svc.state == "idle"


def test_routable_address_of_a_stopped_service():
    wire, link, _, svc = _start()
    link.other_address(True)
    wire.run(10)
    svc.stop()
    assert svc.routable is None


def test_prompt_completes_only_public_names():
    assert sorted(name for name in dir(autoip) if name[0] != "_" and name not in ("options", "store")) == [
        "get",
        "mount",
        "start",
        "stop",
    ]


def test_probe_for_a_held_address_is_not_reported():
    wire, _, user, svc = _held()
    wire.inject(30000, probe(FOREIGN, C))
    wire.run(40000)
    assert user.events() == ["bound"] and svc.stats()["conflicts"] == 0
    assert svc._machine.state == sim.HELD
