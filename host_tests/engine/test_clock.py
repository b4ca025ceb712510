# SPDX-License-Identifier: MIT
"""A clock that wraps at 2**30, stands still, or jumps."""

import sim
from autoip import acd
from sim import FOREIGN, TICKS_MAX, C, Denier, Host, Wire, announcement, is_probe

WRAP = TICKS_MAX + 1
STARTS = (0, 1, WRAP - 1, WRAP - 3000, WRAP - 6000, WRAP - 35000, WRAP // 2 - 3000)


def _scenario(start):
    """A claim, a defence, a move and a flap. Returns the frames and the events, each with its time in ms."""
    wire = Wire(start)
    host = Host(wire, first=C)
    wire.inject(20000, announcement(FOREIGN, C))
    wire.inject(30001, announcement(FOREIGN, C))
    wire.inject(35000, announcement(FOREIGN, C))
    wire.run(50000)
    host.carrier(False)
    wire.run(51000)
    host.carrier(True)
    wire.run(70000)
    return wire.trace, host.events


def test_wrap_of_the_clock_changes_nothing():
    #
    expected = _scenario(1000)
    assert [word for _, word in expected[1]][-2:] == ["suspended", "bound"]
    for start in STARTS:
        assert _scenario(start) == expected, start


def test_wrap_at_every_moment_of_a_claim():
    #
    expected = [60000 + 20000]
    for seconds in range(0, 80, 1):
        wire = Wire(WRAP - seconds * 1000)
        host = Host(wire, first=C)
        wire.run(80000)
        assert wire.now == expected[0] and host.words() == ["bound"] and len(wire.trace) == 5
    expected = _scenario(0)
    for ms in range(0, 40000, 997):
        assert _scenario(WRAP - ms) == expected, ms


def test_defence_interval_across_the_wrap():
    #
    for gap, words in (
        (10000, ["conflict", "defended", "conflict", "lost"]),
        (10001, ["conflict", "defended", "conflict", "defended"]),
    ):
        for before in (1, 5000, 9999, 10000, 10001):
            wire = Wire(WRAP - 30000 - before)
            host = Host(wire, first=C)
            wire.inject(30000, announcement(FOREIGN, C))
            wire.inject(30000 + gap, announcement(FOREIGN, C))
            wire.run(30000 + gap)
            assert host.words(30000) == words, (gap, before)


def test_conflicts_before_and_after_a_full_wrap_of_the_clock():
    # the clock wraps after 12 days and 10 hours, and the two conflicts have nearly the same ticks.
    for later in (-5000, 0, 1, 5000, 9999):
        wire = Wire()
        host = Host(wire, first=C)
        wire.inject(30000, announcement(FOREIGN, C))
        wire.inject(30000 + WRAP + later, announcement(FOREIGN, C))
        wire.run(30000 + WRAP + later)
        assert host.words(30000) == ["conflict", "defended"] * 2 and len(wire.trace) == 7, later


def test_no_timer_while_the_address_is_held():
    # No old timer may end when the ticks have the same values again.
    wire = Wire()
    host = Host(wire, first=C)
    wire.run(20000)
    for wraps in range(1, 4):
        for ms in range(0, 20000, 500):
            wire.now = wraps * WRAP + ms
            assert host.due() == -1 and host.machine.elapsed(wire.ticks()) == 0
    assert len(wire.trace) == 5


def test_rate_limit_across_the_wrap():
    #
    def scenario(start):
        wire = Wire(start)
        Host(wire)
        Denier(wire)
        wire.run(300000)
        return wire.trace

    expected = scenario(0)
    for start in (WRAP - 3000, WRAP - 30000, WRAP - 70000, WRAP - 120000):
        assert scenario(start) == expected


def test_losses_are_forgotten_across_the_wrap():
    wire = Wire(WRAP - 60000)
    limit = [0, 0, -1]
    host = Host(wire, first=C, limit=limit, abandon=True)
    wire.run(20000)
    host.on_frame(announcement(FOREIGN, C))
    while host.machine.state != sim.HELD:
        wire.sleep(1)
    assert wire.now < 60000
    wire.sleep(600000)
    assert limit[1] == 1 and host.due() == 1
    wire.sleep(1)
    assert limit[1] == 0 and host.due() == -1


def test_old_pause_has_no_effect():
    # The link goes down during the pause and comes up when the clock has almost wrapped.
    for before in (500000, 61000):
        wire = Wire()
        host = Host(wire, first=C)
        Denier(wire)
        while host.machine.state != sim.WAITING:
            wire.sleep(10)
        paused = wire.now
        host.carrier(False)
        wire.run(paused + WRAP - before + 60000)
        host.carrier(True)
        assert host.machine.state == sim.PROBING, before


def test_one_frame_is_sent_while_the_clock_stands_still():
    #
    wire = Wire()
    host = Host(wire, first=C)
    for sent in range(1, 6):
        wire.now += host.due()
        for _ in range(10):
            host.act()
        assert len(wire.trace) == sent


def test_no_burst_is_sent_after_the_clock_jumps_an_hour():
    # a deep sleep in each state. The host sends at most one frame when it wakes up, and no interval
    # between two frames is shorter than usual.
    for ms in range(0, 10000, 250):
        wire = Wire()
        host = Host(wire, first=C)
        wire.run(ms)
        wire.now += 3600000
        woken = wire.now
        wire.sleep(20000)
        times = [at for at, _ in wire.trace]
        assert len(times) == 5 and len([at for at in times if at == woken]) <= 1
        assert host.address == C
        probes = [at for at, frame in wire.trace if is_probe(frame)]
        assert probes[1] - probes[0] >= 1000 and probes[2] - probes[1] >= 1000
        assert times[3] - times[2] >= 2000 and times[4] - times[3] >= 2000


def test_conflict_has_the_time_at_which_it_is_processed():
    wire = Wire()
    host = Host(wire, first=C)
    wire.inject(30000, announcement(FOREIGN, C))
    wire.run(30000)
    wire.now += 3600000
    host.on_frame(announcement(FOREIGN, C))
    assert host.words(30000) == ["conflict", "defended"] * 2


def test_timers_end_one_tick_late():
    # A reading of the clock may be almost one tick old, and the minimum times in the RFC have no tolerance.
    assert acd._left(-1, 0) == TICKS_MAX
    for start in (0, 5, WRAP - 1, WRAP - 50):
        due = acd._after(start, 100)
        assert acd._left(due, start) == 101
        assert acd._left(due, (start + 100) % WRAP) == 1
        assert acd._left(due, (start + 101) % WRAP) == 0
        assert acd._left(due, (start + 5000000) % WRAP) == 0
        assert acd._left(due, (start + WRAP - 700000) % WRAP) == 0
