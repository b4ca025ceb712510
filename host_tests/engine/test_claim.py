# SPDX-License-Identifier: MIT
"""A claim without other hosts on the link: the bytes of the frames, and the times of sending."""

import sys

import sim
from autoip import acd
from sim import (
    ANY,
    BROADCAST,
    FOREIGN,
    MAC,
    OTHER,
    REQUEST,
    ZERO_MAC,
    C,
    Host,
    Peer,
    Wire,
    X,
    denial,
    ip,
    is_probe,
    packet,
    target,
)

ASSIGN = 2

SEEDS = 2000 if sys.implementation.name == "cpython" else 500

# A probe (F1) and an announcement (F2) for 169.254.18.52, sent by 02:00:00:00:00:01.
F1 = (
    "ffffffffffff" "020000000001" "0806" "0001" "0800" "06" "04" "0001"
    "020000000001" "00000000" "000000000000" "a9fe1234"
)  # fmt: skip
F2 = (
    "ffffffffffff" "020000000001" "0806" "0001" "0800" "06" "04" "0001"
    "020000000001" "a9fe1234" "000000000000" "a9fe1234"
)  # fmt: skip


def _claim(seed, delay=2000):
    """The times in ms of P1, P2, P3, N1 and N2."""
    wire = Wire()
    host = Host(wire, seed=seed, first=C, delay=delay)
    wire.run(60000)
    assert host.words() == ["bound"] and len(wire.trace) == 5
    return [ms for ms, _ in wire.trace]


def _is_uniform(samples, low, high):
    """Is this sample of ints uniform in low .. high? A Kolmogorov-Smirnov test; True if p > 0.001."""
    samples = sorted(samples)
    count = len(samples)
    if samples[0] < low or samples[-1] > high:
        return False
    width = high - low + 1
    worst = 0.0
    for i in range(count):
        # The times are ints, so the distribution has a step at each of them.
        below = (samples[i] - low) / width
        upto = (samples[i] - low + 1) / width
        worst = max(worst, below - (i + 1) / count, i / count - upto)
    return worst < 1.95 / count**0.5


# Frames


def test_frames_byte_by_byte():
    # R3927-2.2.1-a, R3927-2.2.1-b, R3927-2.2.1-c, R3927-2.2.1-d, R3927-2.2.1-e, R3927-2.4-a, R5227-1.1-a,
    # R5227-1.1-b, R5227-1.1-c, R5227-1.1-d, R5227-2.3-a, R5227-2.3-b, R5227-3-a, D12, B22
    # B20, B21, B34: three probes, two announcements, 42 bytes, zero target hardware address.
    wire = Wire()
    Host(wire, first=C)
    wire.run(60000)
    assert [frame for _, frame in wire.frames()] == [F1, F1, F1, F2, F2]


def test_announcement_is_probe_with_sender_address():
    # R5227-2.3-b, R3927-1.2-a: only bytes 28 - 31 differ.
    wire = Wire()
    Host(wire, first=C)
    wire.run(60000)
    p3, n1 = wire.trace[2][1], wire.trace[3][1]
    assert [i for i in range(42) if p3[i] != n1[i]] == [28, 29, 30, 31]
    assert n1[28:32] == n1[38:42] == ip(C)


def _machine(first):
    def low(mac, low, high):
        return low

    def is_taken(machine, host):
        return False

    return acd.Machine(MAC, low, [0, 0, -1], is_taken, first, 200, False)


def _announced(machine, now):
    """Make the machine send frames until it has sent an announcement. Returns the time."""
    todo = 0
    while todo != ASSIGN:
        now += 1
        todo = machine.elapsed(now)
        if todo:
            machine.sent(True, now)
    return now


def test_frame_buffer_is_cleared_between_announcement_and_probe():
    # A probe after an announcement doesn't contain the sender address of the announcement.
    machine = _machine(X)
    machine.set_status(True, False, 0)
    now = _announced(machine, 0)
    machine.host = C
    machine.set_status(False, False, now)
    machine.set_status(True, False, now)
    assert machine.frame.hex() == F1
    _announced(machine, now)
    assert machine.frame.hex() == F2 and len(machine.frame) == 42


def test_frames_follow_the_mac():
    # R3927-2.2.1-a, R5227-1.1-a
    machine = _machine(C)
    machine.set_status(True, False, 0, OTHER)
    assert machine.frame == packet(REQUEST, OTHER, ANY, ZERO_MAC, ip(C))


def test_edge_addresses_are_claimed_and_reached():
    # X-40, B25
    for first in (0x0100, 0x01FF, 0x0200, 0xFE00, 0xFEFF):
        wire = Wire()
        host = Host(wire, first=first, answers=True)
        wire.run(20000)
        assert host.address == first and {sent[38:42] for _, sent in wire.trace} == {ip(first)}
        wire.inject(wire.now, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(first)))
        wire.sleep(10)
        assert wire.trace[-1][1][28:32] == ip(first) and wire.trace[-1][1][:6] == BROADCAST


# Schedule


def test_claim_times_are_within_the_bounds_of_the_rfc():
    # R3927-2.2.1-f, R3927-2.2.1-g, R3927-2.2.1-o, R3927-2.4-a, R5227-2.1.1-e, R5227-2.1.1-f, R5227-2.1.1-n,
    # R5227-2.3-a, BCT-I.4, B21, B22
    # P1 comes after 0 .. 1 s. P2 and P3 come 1 .. 2 s after the previous probe (D13: without tolerance). N1
    # comes 2 s after P3, and N2 comes 2 s after N1. P1, N1 and N2 may come one tick later.
    for seed in range(SEEDS):
        p1, p2, p3, n1, n2 = _claim(seed)
        assert 0 <= p1 <= 1001
        assert 1000 <= p2 - p1 < 2000 and 1000 <= p3 - p2 < 2000
        assert 2000 <= n1 - p3 <= 2001 and 2000 <= n2 - n1 <= 2001
        assert 4000 <= n1 <= 7000


def test_initial_wait_and_gaps_are_uniform():
    # R3927-2.2.1-f, R3927-2.2.1-g, R5227-2.1.1-e, R5227-2.1.1-f, B27: no accumulation at 1.0 s.
    claims = [_claim(seed * 7919) for seed in range(SEEDS)]
    assert _is_uniform([claim[0] for claim in claims], 1, 1001)
    assert _is_uniform([claim[1] - claim[0] for claim in claims], 1001, 1981)
    assert _is_uniform([claim[2] - claim[1] for claim in claims], 1001, 1981)
    assert len({claim[1] - claim[0] for claim in claims}) > 300


def test_the_uniformity_test_can_fail():
    skewed = [min(1001 + i, 1981) for i in range(SEEDS)]
    assert not _is_uniform(skewed, 1001, 1981)
    assert not _is_uniform([1001] * SEEDS, 1001, 1981)


def test_delay_does_not_change_the_announcement_interval():
    # Option `delay` is from QNX: P1 comes after 0 .. delay / 2, P2 and P3 come delay / 2 .. delay after the
    # previous probe, and N1 comes `delay` after P3. N2 always comes 2 s after N1.
    for delay in (1, 2, 3, 99, 100, 200, 201, 1999, 2000, 2001, 8000):
        for seed in range(20):
            p1, p2, p3, n1, n2 = _claim(seed, delay)
            assert 0 <= p1 <= delay // 2 + 1, delay
            for gap in (p2 - p1, p3 - p2):
                assert delay <= 2 * gap and gap <= max(delay, 1) + (1 if delay < 100 else 0), (delay, gap)
            assert delay <= n1 - p3 <= delay + 1, delay
            assert 2000 <= n2 - n1 <= 2001, delay


def test_claim_with_every_delay():
    for delay in range(1, 8001, 1 if SEEDS == 2000 else 37):
        _claim(delay, delay)


def test_boards_that_start_together_send_at_different_times():
    # R3927-2.2.1-f: the times differ between seeds.
    assert len({_claim(seed)[0] for seed in range(100)}) > 50


def test_schedule_does_not_depend_on_the_clock():
    #
    expected = _claim(5)
    for start in (1, 1000, 0x1FFFFFFF, 0x20000000, 0x3FFFFFFF):
        wire = Wire(start)
        Host(wire, seed=5, first=C)
        wire.run(60000)
        assert [ms for ms, _ in wire.trace] == expected


# The address in use


def test_nothing_claims_the_candidate_before_the_first_announcement():
    # R5227-2.1-a
    # R3927-2.2-a, R3927-2.2-b, R3927-2.2.1-b, B24: no address on the interface, no sender address, no reply.
    wire = Wire()
    host = Host(wire, first=C, answers=True)
    peer = Peer(wire, X)
    for ms in range(0, 4000, 100):
        wire.inject(ms, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)))
    while host.machine.state == sim.PROBING:
        assert host.address == -1 and host.machine.held() == -1 and host.machine.watched() == C
        assert all(sent[28:32] == ANY for _, sent in wire.trace)
        wire.sleep(1)
    n1 = wire.now
    assert [is_probe(sent) for _, sent in wire.trace] == [True] * 3 + [False]
    assert host.address == host.machine.held() == C and host.events == [(n1, "bound")]
    assert peer.cache == {}


def test_requests_are_answered_from_the_first_announcement_on():
    # R5227-2.3-c, R5227-2.5-a, D8, B23: the address is in use 1 ms after N1, and N2 comes at its usual time.
    wire = Wire()
    host = Host(wire, seed=1, first=C, answers=True)
    _, _, _, n1, n2 = _claim(1)
    wire.inject(n1 + 1, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)))
    wire.run(n1 + 1)
    assert wire.trace[-1][1][20:22] == b"\x00\x02" and host.machine.state == sim.ANNOUNCING
    wire.run(60000)
    assert wire.trace[-1] == (n2, bytes.fromhex(F2)) and host.machine.state == sim.HELD


def test_no_frames_once_the_address_is_held():
    # BCT-III.4, R3927-2.2-d, R3927-4-a, R5227-2.1-c: for two days, with traffic.
    wire = Wire()
    host = Host(wire, first=C)
    wire.run(20000)
    assert host.due() == -1
    for hour in range(48):
        wire.inject(hour * 3600000 + 60000, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)))
    wire.run(48 * 3600000)
    assert len(wire.trace) == 5 and host.address == C


def test_rfc826_peer_keeps_its_address_and_caches_no_probe():
    # R5227-1.3-a, X-26: a peer that only answers ARP denies the address, and a probe leaves no entry in its
    # cache.
    wire = Wire()
    peer = Peer(wire, C)
    host = Host(wire, first=C)
    wire.run(20000)
    assert host.words() == ["conflict", "bound"] and host.address != C
    assert peer.cache == {}


def test_a_denied_claim_starts_again():
    # R3927-2.2.1-i, B07: another address, a new initial wait, three probes.
    wire = Wire()
    host = Host(wire, first=C)
    p1, p2 = _claim(1)[:2]
    wire.inject(p2 + 5, denial(FOREIGN, C))
    wire.run(30000)
    second = host.address
    after = [(ms, sent) for ms, sent in wire.trace if ms > p2]
    assert second not in (-1, C) and [target(sent) for _, sent in after] == [second] * 5
    assert 0 <= after[0][0] - (p2 + 5) <= 1001 and 1000 <= after[1][0] - after[0][0] < 2000
    assert p1 < p2


def test_gap_between_probes_is_one_percent_below_its_maximum():
    # The timer and the driver may be late, but no gap on the wire may be longer than PROBE_MAX. So the
    # machine chooses shorter gaps.
    for delay, drawn in ((1, (0, 1)), (99, (49, 99)), (2000, (1000, 1980)), (8000, (4000, 7920))):
        wire = Wire()
        host = Host(wire, first=C, delay=delay)
        calls = []
        host.machine.random = lambda mac, low, high, calls=calls: calls.append((low, high)) or high
        wire.run(60000)
        assert calls == [drawn, drawn], delay


# A driver that does not accept a frame


def test_probe_that_was_not_sent_is_not_counted():
    # the driver refuses one of the five frames. All five frames are sent in the right order, and no
    # interval is too short.
    for failing in range(5):
        for times in (1, 2, 50):
            wire = Wire()
            host = Host(wire, first=C)
            while len(wire.trace) < failing:
                wire.sleep(1)
            host.refuse = times
            wire.run(60000)
            assert [frame for _, frame in wire.frames()] == [F1, F1, F1, F2, F2], (failing, times)
            assert host.count("probes") == 3 and host.count("announcements") == 2
            ms = [ms for ms, _ in wire.trace]
            assert min(ms[1] - ms[0], ms[2] - ms[1]) >= 1000 and ms[3] - ms[2] >= 2000
            assert ms[4] - ms[3] >= 2000


def test_address_is_not_held_until_its_announcement_was_sent():
    wire = Wire()
    host = Host(wire, first=C)
    n1 = _claim(1)[3]
    wire.run(n1 - 1)
    host.refuse = 30
    wire.sleep(3000)
    assert host.address == -1 and host.machine.state == sim.PROBING and host.events == []
    wire.sleep(200)
    assert host.address == C


def test_failing_driver_gets_at_most_ten_frames_per_second():
    wire = Wire()
    host = Host(wire, first=C)
    host.refuse = 1000000
    wire.run(60000)
    assert 580 <= 1000000 - host.refuse <= 600 and wire.trace == []


# Properties of the code


def test_constants_of_the_rfc():
    # R3927-2.3-a, R5227-1.1-e: there is no public way to change the constants.
    if not hasattr(acd, "_PROBE_NUM"):
        return  # MicroPython doesn't store constants in the module
    assert (acd._PROBE_NUM, acd._ANNOUNCE_INTERVAL, acd._MAX_CONFLICTS) == (3, 2000, 10)
    assert (acd._RATE_LIMIT_INTERVAL, acd._DEFEND_INTERVAL) == (60000, 10000)


def test_every_timer_ends_after_the_time_that_wait_returns():
    # The test calls elapsed() only when the time that wait() returned has passed. A frame is due each time.
    wire = Wire()
    host = Host(wire, first=C)
    now = 0
    sent = 0
    while host.machine.state != sim.HELD:
        left = host.machine.wait(now)
        assert left > 0
        assert host.machine.elapsed(now + left - 1) == 0
        now += left
        wire.now = now
        if host.machine.wait(now) == 0:
            host.act()
        assert len(wire.trace) > sent
        sent = len(wire.trace)
    assert host.machine.wait(now) == -1 and sent == 5


def test_machine_keeps_no_more_counters_than_it_needs():
    assert len(Host(Wire()).machine.counts) == len(acd.COUNTERS) + 1
