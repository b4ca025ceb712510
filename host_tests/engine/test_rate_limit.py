# SPDX-License-Identifier: MIT
"""The limit on new candidates: ten conflicts, then one address per minute."""

import sys

import sim
from sim import (
    FOREIGN,
    MAC,
    OTHER,
    Adversary,
    C,
    Denier,
    Host,
    Wire,
    announcement,
    denial,
    ip,
    is_probe,
    probe,
    target,
)

MINUTE = 60000
SEEDS = 10 if sys.implementation.name == "cpython" else 3


def _attempts(wire, since=0):
    """[(ms of the first probe, host part)] of every claim since this time."""
    attempts = []
    for ms, frame in wire.trace:
        if ms >= since and is_probe(frame) and (not attempts or attempts[-1][1] != target(frame)):
            attempts.append((ms, target(frame)))
    return attempts


def _gaps(attempts):
    return [attempts[i + 1][0] - attempts[i][0] for i in range(len(attempts) - 1)]


def _assert_limited(attempts):
    for gap in _gaps(attempts):
        assert MINUTE <= gap < 2 * MINUTE, gap


# Denials while probing


def test_ten_denials_then_one_address_per_minute():
    # R3927-2.2.1-m, BCT-I.3
    # R3927-2.2.1-n, R5227-2.1.1-l, D5, D6, B08, B09: 20 minutes, with Replies and probes, at once or late.
    for seed in range(SEEDS):
        for delay in (0, 1, 900, 1990):
            wire = Wire()
            host = Host(wire, seed=seed)
            Denier(wire, delay, alternate=seed % 2)
            wire.run(20 * MINUTE)
            attempts = _attempts(wire)
            assert len({address for _, address in attempts}) == len(attempts)  # B07
            assert all(gap < 10000 for gap in _gaps(attempts[:10]))
            assert 9 + 18 <= len(attempts) <= 10 + 20
            _assert_limited(attempts[9:])
            assert host.count("conflicts") in (len(attempts), len(attempts) - 1)
            assert host.events and set(host.words()) == {"conflict"}


def test_denials_in_the_initial_wait_count_as_well():
    # Each candidate is denied before its first probe, so only the waiting times show the limit.
    wire = Wire()
    host = Host(wire)
    for i in range(10):
        assert host.machine.state == sim.PROBING, i
        host.on_frame(probe(FOREIGN, host.machine.host))
    assert host.machine.state == sim.WAITING and wire.trace == []
    assert MINUTE <= host.due() <= MINUTE + 2
    wire.run(MINUTE)
    assert wire.trace == [] and host.machine.state == sim.WAITING
    wire.sleep(1001 + 1)
    assert is_probe(wire.trace[0][1])


def test_no_more_than_twenty_candidates_in_ten_minutes():
    # R5227-2.1.1-k
    wire = Wire()
    Host(wire)
    Denier(wire)
    wire.run(60 * MINUTE)
    starts = [ms for ms, _ in _attempts(wire)]
    for start in starts:
        assert len([ms for ms in starts if start <= ms < start + 10 * MINUTE]) <= 20


def test_limit_ends_with_a_claim():
    # R3927-2.2.1-m, D7: after the storm the address is claimed, and the next denial counts as the first.
    wire = Wire()
    host = Host(wire)
    denier = Denier(wire)
    wire.run(5 * MINUTE)
    denier.active = False
    wire.run(7 * MINUTE)
    assert host.words()[-1] == "bound"
    host.carrier(False)
    host.carrier(True)
    denier.active = True
    wire.run(8 * MINUTE)
    attempts = _attempts(wire, 7 * MINUTE)
    assert len(attempts) >= 10 and all(gap <= 1001 for gap in _gaps(attempts[:10]))


def test_rate_limit_of_one_interface_does_not_affect_another():
    # R5227-2.1.1-l: each interface has its own limit.
    wire = Wire()
    board = []
    slow = Host(wire, MAC, board=board)
    Denier(wire)
    wire.run(MINUTE)
    assert slow.machine.state == sim.WAITING
    quiet = Wire()
    quick = Host(quiet, OTHER, board=board)
    quiet.run(7000)
    assert quick.address >= 0


# Losses after the claim


def _take_each_address(wire, host):
    """Takes every address that is announced, with two conflicts at once."""

    def on_frame(frame):
        if not is_probe(frame) and frame[22:28] == host.hwaddr and host.machine.state == sim.ANNOUNCING:
            for _ in range(2):
                wire.inject(wire.now + 1, announcement(FOREIGN, target(frame)))

    return Adversary(wire, on_frame)


def test_ten_addresses_lost_then_one_per_minute():
    # R5227-2.1.1-m, D7: every claim succeeds, and then the address is attacked.
    wire = Wire()
    host = Host(wire)
    _take_each_address(wire, host)
    wire.run(30 * MINUTE)
    attempts = _attempts(wire)
    assert host.words()[:4] == ["bound", "conflict", "defended", "conflict"]
    assert all(gap < 8000 for gap in _gaps(attempts[:10]))
    _assert_limited(attempts[10:])
    assert attempts[10][0] - attempts[9][0] >= MINUTE


def test_losses_are_forgotten_after_ten_minutes_with_one_address():
    # The ten minutes start at the second announcement, which comes 2 s after the first.
    for calm, limited in ((10 * MINUTE - 1000, True), (10 * MINUTE + 3000, False)):
        wire = Wire()
        host = Host(wire)
        adversary = _take_each_address(wire, host)
        while host.count("moves") < 10:
            wire.sleep(100)
        wire.unplug(adversary)
        while host.address < 0:
            wire.sleep(100)
        wire.sleep(calm)
        lost_at = wire.now
        for _ in range(2):
            host.on_frame(announcement(FOREIGN, host.address))
        assert (host.machine.state == sim.WAITING) == limited
        wire.sleep(2 * MINUTE)
        wait = _attempts(wire, lost_at)[0][0] - lost_at
        assert wait >= MINUTE if limited else wait <= 1001


def test_losses_are_not_forgotten_while_the_link_is_down():
    # After ten losses, the link is down for an hour. The losses still count.
    wire = Wire()
    host = Host(wire)
    adversary = _take_each_address(wire, host)
    while host.count("moves") < 10:
        wire.sleep(100)
    wire.unplug(adversary)
    while host.address < 0:
        wire.sleep(100)
    host.carrier(False)
    wire.sleep(60 * MINUTE)
    host.carrier(True)
    wire.sleep(10000)
    for _ in range(2):
        host.on_frame(announcement(FOREIGN, host.address))
    assert host.machine.state == sim.WAITING and MINUTE <= host.due() <= MINUTE + 2


def test_alternating_denials_and_losses_are_limited_too():
    # R5227-2.1.1-l, R5227-2.1.1-m: a claim that succeeds does not allow ten quick attempts again if the
    # address is lost at once. In the long run, the host tries one new address per minute.
    wire = Wire()
    host = Host(wire)
    _take_each_address(wire, host)
    seen = []

    def on_frame(frame):
        if is_probe(frame):
            if target(frame) not in seen:
                seen.append(target(frame))
            if len(seen) % 10:
                wire.inject(wire.now, denial(FOREIGN, target(frame)))

    Adversary(wire, on_frame)
    wire.run(60 * MINUTE)
    starts = [ms for ms, _ in _attempts(wire, 30 * MINUTE)]
    for start in starts:
        among = [ms for ms in starts if start <= ms < start + 10 * MINUTE]
        assert len(among) <= 20, len(among)


# Attempts to get around the limit


def test_stop_and_start_do_not_shorten_the_limit():
    # a user stops and starts the service every second.
    wire = Wire()
    limit = [0, 0, -1]
    Denier(wire)
    host = Host(wire, limit=limit, delay=200)
    while host.machine.state != sim.WAITING:
        wire.sleep(10)
    since = wire.now
    for i in range(600):
        host.stop()
        host = Host(wire, seed=i, limit=limit, delay=200)
        wire.sleep(1000)
    starts = [ms for ms, frame in wire.trace if ms >= since and is_probe(frame)]
    assert starts and starts[0] - since >= MINUTE - 1000
    assert all(starts[i + 1] - starts[i] >= MINUTE for i in range(len(starts) - 1))
    assert len(starts) in (9, 10)


def test_link_flap_and_lease_do_not_end_the_limit():
    # B10
    for change in ("carrier", "routable"):
        wire = Wire()
        host = Host(wire)
        Denier(wire)
        while host.machine.state != sim.WAITING:
            wire.sleep(10)
        tenth = _attempts(wire)[-1][0]
        for _ in range(30):
            wire.sleep(1000)
            if change == "carrier":
                host.carrier(False)
                host.carrier(True)
            else:
                host.routable(True)
                host.routable(False)
        wire.run(tenth + 2 * MINUTE - 1)
        _assert_limited(_attempts(wire)[9:])
        assert len(_attempts(wire)) == 11, change


def test_claim_starts_when_a_lease_that_came_during_the_pause_is_removed():
    wire = Wire()
    host = Host(wire)
    denier = Denier(wire)
    while host.machine.state != sim.WAITING:
        wire.sleep(10)
    host.routable(True)
    assert host.machine.state == sim.IDLE
    wire.sleep(5 * MINUTE)
    denier.active = False
    host.routable(False)
    wire.sleep(7000)
    assert host.address >= 0


# Apple's Bonjour Conformance Test, its link-local part, in its order and without a restart


def test_bonjour_conformance_in_sequence():
    # BCT-I.1, BCT-I.2a, BCT-I.2b, BCT-I.3, BCT-I.4, BCT-I.5, BCT-I.6a, BCT-I.6b, D7
    wire = Wire()
    host = Host(wire, seed=4)
    denier = Denier(wire, 1, alternate=True)
    wire.run(1001)
    assert _attempts(wire)  # I.1 a probe is seen
    wire.run(20 * MINUTE)  # I.2a, I.2b, I.3 every candidate denied, with a Reply and a probe in turn
    attempts = _attempts(wire)
    assert len({address for _, address in attempts}) == len(attempts)
    _assert_limited(attempts[9:])

    denier.active = False
    wire.sleep(2 * MINUTE)  # I.4 three probes, no gap above 2 s, two announcements
    claim = wire.trace[-5:]
    assert [is_probe(frame) for _, frame in claim] == [True] * 3 + [False] * 2
    gaps = [claim[i + 1][0] - claim[i][0] for i in range(4)]
    assert max(gaps[:2]) < 2000 and min(gaps[:2]) >= 1000 and gaps[3] >= 2000

    # I.5 two conflicts: a defence, then the address is given up, and another one is claimed within 7 s
    for apart in (6000, 0):
        wire.sleep(11000)
        held = host.address
        wire.inject(wire.now, denial(FOREIGN, held, MAC))
        wire.sleep(apart)
        since = wire.now
        wire.inject(since, denial(FOREIGN, held, MAC))
        wire.sleep(7000)
        words = host.words(since)[-3:]
        assert words == ["conflict", "lost", "bound"] and host.address != held
        assert _attempts(wire, since)[0][0] - since <= 1001

    for denied in (False, True):  # I.6a, I.6b the cable is out for 10 s: the old address is tried first
        wire.sleep(5000)
        held = host.address
        host.carrier(False)
        wire.sleep(10000)
        host.carrier(True)
        since = wire.now
        while not _attempts(wire, since):
            wire.sleep(1)
        assert _attempts(wire, since)[0][1] == held and host.address == -1
        if denied:
            host.on_frame(denial(FOREIGN, held))
        wire.sleep(8000)
        assert host.address >= 0 and (host.address != held) == denied


def test_the_adversary_of_these_tests_denies_the_first_candidate():
    # The tests above rely on this.
    wire = Wire()
    Host(wire, first=C)
    Denier(wire)
    wire.run(2000)
    assert [frame[38:42] == ip(C) for _, frame in wire.trace][:2] == [True, False]


# The pause itself


def _paused():
    """A wire with a host whose pause has just started. Its random times are the longest possible."""
    wire = Wire()
    host = Host(wire)
    host.machine.random = lambda mac, low, high: high
    for _ in range(10):
        host.on_frame(probe(FOREIGN, host.machine.host))
    assert host.machine.state == sim.WAITING
    return wire, host


def test_claim_after_the_rate_limit_starts_with_the_initial_wait():
    # R3927-2.2.1-e: PROBE_WAIT, as for any other claim.
    wire, _ = _paused()
    wire.run(2 * MINUTE)
    assert wire.trace[0][0] == MINUTE + 1 + 1000 + 1


def test_flap_does_not_shorten_the_pause():
    for ms, state in ((MINUTE, sim.WAITING), (MINUTE + 1, sim.PROBING)):
        wire, host = _paused()
        wire.run(ms - 1)
        host.carrier(False)
        wire.run(ms)
        host.carrier(True)
        assert host.machine.state == state, ms


def test_old_pause_does_not_return_when_the_clock_wraps():
    # The clock wraps after 12 days. Then its value is again before the end of the old pause.
    wire, host = _paused()
    wire.run(10 * MINUTE)
    host.carrier(False)
    wire.run(sim.TICKS_MAX + 1 + MINUTE // 2)
    host.carrier(True)
    assert host.machine.state == sim.PROBING
