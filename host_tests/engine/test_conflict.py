# SPDX-License-Identifier: MIT
"""Conflicts on an address that is held: one defence per ten seconds, or the address is given up."""

import sys

import sim
from sim import (
    ANY,
    FOREIGN,
    MAC,
    OTHER,
    REPLY,
    REQUEST,
    ZERO_MAC,
    Adversary,
    C,
    Denier,
    Host,
    Peer,
    Random,
    Wire,
    X,
    announcement,
    denial,
    ip,
    is_probe,
    packet,
    probe,
    target,
)

RACES = 1000 if sys.implementation.name == "cpython" else 300


def _held(abandon=False, start=0):
    """A wire at 20 s with a host that has held C for some seconds."""
    wire = Wire(start)
    host = Host(wire, first=C, abandon=abandon)
    wire.run(20000)
    assert host.machine.state == sim.HELD
    return wire, host


def _conflict(wire, ms):
    wire.inject(ms, announcement(FOREIGN, C))


def _gap(ms):
    """The events that a user gets for two conflicts with this time between them."""
    wire, host = _held()
    _conflict(wire, 30000)
    _conflict(wire, 30000 + ms)
    wire.run(30000 + ms)
    return host.words(30000)


DEFENDED_TWICE = ["conflict", "defended", "conflict", "defended"]
GIVEN_UP = ["conflict", "defended", "conflict", "lost"]


# Defending or giving up


def test_first_conflict_is_defended_at_once():
    # R3927-2.5-a, R5227-2.4-a, R5227-2.4-b, D4
    # R3927-2.5-b, R3927-2.5-d, R5227-2.4-d, F3: one announcement in the same ms, and no other frame.
    wire, host = _held()
    n1 = wire.trace[3][1]
    _conflict(wire, 30000)
    wire.run(60000)
    assert wire.trace[5:] == [(30000, n1)]
    assert host.words(30000) == ["conflict", "defended"] and host.address == C


def test_second_conflict_within_ten_seconds_ends_the_claim():
    # R3927-1.5-b, R3927-2.2.1-i
    # R3927-2.5-e, R5227-2.4-e, B06: no second defence, no more frames with C, and a complete new claim.
    wire, host = _held()
    _conflict(wire, 30000)
    _conflict(wire, 39900)
    wire.run(60000)
    after = [(ms, sent) for ms, sent in wire.trace if ms >= 39900]
    assert host.words(39900) == ["conflict", "lost", "bound"] and host.address != C
    assert len(after) == 5 and all(sent[38:42] == ip(host.address) for _, sent in after)
    assert 0 <= after[0][0] - 39900 <= 1001 and host.count("moves") == 1


def test_boundary_of_the_defence_interval():
    # R3927-2.5-e, R5227-2.4-e, R3927-2.5-d, R5227-2.4-d, X-28: after exactly 10.000 s the address is given
    # up.
    for ms, expected in (
        (1, GIVEN_UP),
        (9899, GIVEN_UP),
        (9999, GIVEN_UP),
        (10000, GIVEN_UP),
        (10001, DEFENDED_TWICE),
        (10100, DEFENDED_TWICE),
        (3600000, DEFENDED_TWICE),
    ):
        assert _gap(ms) == expected, ms


def test_conflict_right_after_the_defence_ends_the_claim():
    # BCT-I.5, X-27, D10, B37: there is no grace period. The first probe of the new claim comes within 7 s.
    wire, host = _held()
    _conflict(wire, 30000)
    _conflict(wire, 30000)
    wire.run(60000)
    assert host.words(30000) == ["conflict", "defended", "conflict", "lost", "bound"]
    assert [ms for ms, sent in wire.trace if is_probe(sent)][3] - 30000 <= 1001


def test_option_abandon_gives_up_the_address_at_the_first_conflict():
    # D4, R3927-2.5-c, R5227-2.4-c: option `abandon`.
    wire, host = _held(abandon=True)
    _conflict(wire, 30000)
    wire.run(60000)
    after = [sent for ms, sent in wire.trace if ms >= 30000]
    assert host.words(30000) == ["conflict", "lost", "bound"] and host.count("defences") == 0
    assert len(after) == 5 and ip(C) not in [sent[38:42] for sent in after]


def test_abandon_between_the_announcements():
    wire = Wire()
    host = Host(wire, first=C, abandon=True)
    while host.machine.state != sim.ANNOUNCING:
        wire.sleep(1)
    host.on_frame(announcement(FOREIGN, C))
    assert host.words() == ["bound", "conflict", "lost"]
    wire.sleep(20000)
    assert host.address not in (-1, C) and len(wire.trace) == 9


def test_defence_between_the_announcements_does_not_move_the_second():
    # R5227-2.3-a, R3927-2.4-a
    wire = Wire()
    Host(wire, first=C)
    wire.run(20000)
    n1, n2 = wire.trace[3][0], wire.trace[4][0]
    wire = Wire()
    host = Host(wire, first=C)
    _conflict(wire, n1 + 700)
    wire.run(20000)
    assert [ms for ms, sent in wire.trace if not is_probe(sent)] == [n1, n1 + 700, n2]
    assert host.count("announcements") == 2 and host.count("defences") == 1


def test_a_conflict_every_second_causes_at_most_one_defence_in_ten_seconds():
    # R3927-2.5-e, B12
    wire, host = _held()
    for ms in range(30000, 60000, 1000):
        _conflict(wire, ms)
    wire.run(60000)
    defences = [ms for ms, word in host.events if word == "defended"]
    assert defences == [30000] and host.count("moves") == 1


def test_a_conflict_every_eleven_seconds_is_always_defended():
    wire, host = _held()
    for i in range(100):
        _conflict(wire, 30000 + i * 11000)
    wire.run(30000 + 100 * 11000)
    assert host.count("defences") == 100 and host.address == C


def test_the_interval_runs_from_the_defended_conflict():
    # The conflicts at T and T + 10.001 s are defended. The third conflict, at T + 20.001 s, is within 10 s of
    # the second conflict, but not of the first.
    wire, host = _held()
    for ms in (30000, 40001, 50001):
        _conflict(wire, ms)
    wire.run(50001)
    assert host.words(30000) == DEFENDED_TWICE + GIVEN_UP[2:]


def test_probe_within_the_interval_changes_nothing():
    # R5227-2.5-c, X-12: a probe is not a conflict. The interval runs from the last conflict.
    for asked, again, expected in ((5000, 9000, GIVEN_UP), (9000, 11000, DEFENDED_TWICE)):
        wire, host = _held()
        _conflict(wire, 30000)
        wire.inject(30000 + asked, probe(FOREIGN, C))
        _conflict(wire, 30000 + again)
        wire.run(30000 + again)
        assert host.words(30000) == expected


def test_first_conflict_soon_after_boot_is_defended():
    # X-36, B11: the clock is close to zero.
    wire = Wire()
    host = Host(wire, first=C, delay=1)
    _conflict(wire, 500)
    wire.run(3000)
    assert host.words() == ["bound", "conflict", "defended"]


def test_storm_of_conflicts_in_one_tick():
    # one defence, one move, and no more frames with the old address.
    wire, host = _held()
    for _ in range(1000):
        _conflict(wire, 30000)
    wire.run(30000)
    assert host.words(30000) == GIVEN_UP and host.count("conflicts") == 2
    assert [ms for ms, _ in wire.trace if ms == 30000] == [30000]
    wire.run(60000)
    assert not any(ip(C) in (sent[28:32], sent[38:42]) for ms, sent in wire.trace if ms > 30000)


def test_frames_are_processed_before_timers():
    # a denial comes in the ms in which N1 is due, so N1 is not sent.
    wire = Wire()
    Host(wire, first=C)
    wire.run(20000)
    n1 = wire.trace[3][0]
    wire = Wire()
    host = Host(wire, first=C)
    wire.inject(n1, denial(FOREIGN, C))
    wire.run(20000)
    assert host.words() == ["conflict", "bound"] and host.address != C
    assert not any(sent[28:32] == ip(C) for _, sent in wire.trace)


def test_moves_end_when_the_adversary_stops():
    # R3927-1.5-b: the user's program calls nothing.
    wire, host = _held()
    adversary = Adversary(wire, lambda frame: None)
    for i in range(5):
        held = host.address
        for _ in range(2):
            wire.inject(wire.now, announcement(adversary.hwaddr, held))
        wire.sleep(10000)
        assert host.address not in (-1, held) and host.count("moves") == i + 1


def test_new_address_may_be_defended_at_once():
    # The defence interval of the lost address does not apply to the new address.
    wire, host = _held()
    _conflict(wire, 30000)
    _conflict(wire, 30001)
    wire.run(38000)
    assert host.address != C
    wire.inject(38000, announcement(FOREIGN, host.address))
    wire.run(38001)
    assert host.words(38000) == ["conflict", "defended"]


def test_flap_does_not_allow_a_second_defence():
    # RFC 3927 2.5 (b): the last conflict on this address counts, even if the link has flapped since then.
    wire, host = _held()
    _conflict(wire, 30000)
    wire.run(30100)
    host.carrier(False)
    host.carrier(True)
    wire.run(38000)
    assert host.address == C
    _conflict(wire, 38000)
    wire.run(38000)
    assert host.count("defences") == 1 and host.words(38000) == ["conflict", "lost"]


# A host that answers a probe late


def _late(ms, **options):
    """A host whose probes in the first `ms` are denied, each one `ms` later. Later probes are not denied."""
    wire = Wire()
    host = Host(wire, first=C, **options)
    denier = Denier(wire, ms)
    wire.run(ms)
    denier.active = False
    wire.run(60000)
    return wire, host


def test_late_answer_to_a_probe_is_a_denial():
    # R3927-1.3-a
    # RFC 3927 1.3: the round trip may take a second. With a short `delay`, the claim ends before the answer
    # comes. The other host already had the address, so the host does not defend it.
    for delay, ms in ((1, 150), (1, 600), (1, 1000), (200, 600), (200, 999)):
        wire, host = _late(ms, delay=delay)
        assert host.words() == ["bound", "conflict", "lost", "bound"], (delay, ms)
        assert host.address not in (-1, C) and host.count("conflicts") == 1 and host.count("defences") == 0
        moved = host.events[1][0]
        assert not any(target(frame) == C for at, frame in wire.trace if at >= moved), (delay, ms)


def test_late_answers_count_as_denials():
    wire = Wire()
    host = Host(wire, delay=1)
    Denier(wire, 150)
    wire.run(600000)
    starts = {}
    for ms, frame in wire.trace:
        starts.setdefault(target(frame), ms)
    starts = sorted(starts.values())
    assert starts[9] < 2000 and len(starts) == host.count("conflicts") == 19
    assert all(starts[i] - starts[i - 1] >= 60000 for i in range(10, 19))
    assert host.count("defences") == 0


def test_other_replies_are_not_late_answers():
    # These frames are ordinary conflicts: a Reply to another MAC, a Reply whose target address is not
    # 0.0.0.0, a Request, and a Reply that comes when the address has been held for some time.
    for ms, reply in (
        (1000, packet(REPLY, FOREIGN, ip(C), OTHER, ANY)),
        (1000, packet(REPLY, FOREIGN, ip(C), MAC, ip(C))),
        (1000, packet(REQUEST, FOREIGN, ip(C), MAC, ANY)),
        (30000, denial(FOREIGN, C)),
    ):
        wire = Wire()
        host = Host(wire, first=C, delay=1)
        wire.inject(ms, reply)
        wire.run(60000)
        assert host.words() == ["bound", "conflict", "defended"] and host.address == C


# A driver that does not accept a frame


def test_defence_that_was_not_sent_is_sent_again():
    # the defence is reported and counted when it has been sent.
    wire, host = _held()
    wire.run(29999)
    host.refuse = 3
    _conflict(wire, 30000)
    wire.run(60000)
    assert host.events[1:] == [(30000, "conflict"), (30303, "defended")]
    assert host.count("defences") == 1 and len(wire.trace) == 6


def _announcing():
    """A wire with a host that has just sent its first announcement of C."""
    wire = Wire()
    host = Host(wire, first=C)
    while host.machine.state != sim.ANNOUNCING:
        wire.sleep(1)
    return wire, host


def test_refused_defence_does_not_move_the_second_announcement():
    wire, host = _announcing()
    second = wire.now + host.due()
    host.refuse = 5
    host.on_frame(announcement(FOREIGN, C))
    wire.run(second + 1000)
    announced = [ms for ms, sent in wire.trace if not is_probe(sent)]
    assert announced[2:] == [second] and host.count("defences") == 1


def test_refused_defence_does_not_move_the_ten_minute_timer():
    # Earlier losses are forgotten ten minutes after the second announcement.
    wire, host = _held()
    _conflict(wire, 20000)
    _conflict(wire, 20000)
    wire.run(40000)
    assert host.machine.state == sim.HELD and host.limit[1] == 1
    second = wire.trace[-1][0]
    wire.run(300000)
    host.refuse = 5
    wire.inject(300000, announcement(FOREIGN, host.address))
    wire.run(second + 600000)
    assert host.limit[1] == 1
    wire.run(second + 600001)
    assert host.limit[1] == 0 and host.count("defences") == 2


def test_no_frame_is_due_right_after_a_frame():
    # The caller also does what sent() returns. sent() must not return another frame, which is due later.
    wire, host = _announcing()
    machine = host.machine
    assert machine.sent(False, wire.ticks()) == 0
    assert machine.sent(True, wire.ticks()) == 0 and machine.state == sim.HELD
    wire = Wire()
    host = Host(wire, first=C)
    wire.run(2)
    assert host.machine.state == sim.PROBING and host.machine.sent(True, wire.ticks()) == 0


def test_second_conflict_while_the_defence_waits_for_the_driver():
    wire, host = _held()
    host.refuse = 3
    _conflict(wire, 30000)
    _conflict(wire, 30050)
    wire.run(60000)
    assert host.words(30000) == ["conflict", "conflict", "lost", "bound"] and host.address != C
    assert not any(ip(C) in (sent[28:32], sent[38:42]) for ms, sent in wire.trace if ms >= 30000)


def test_link_down_while_the_defence_waits_for_the_driver():
    wire, host = _held()
    host.refuse = 1
    _conflict(wire, 30000)
    wire.run(30050)
    host.carrier(False)
    wire.run(60000)
    assert len(wire.trace) == 5
    host.carrier(True)
    wire.run(90000)
    assert len(wire.trace) == 10 and host.address == C and host.count("defences") == 0


# Several hosts


def _race(seed, offset, latency, first=C, second=C):
    """Two hosts that start with the same candidate. The second is connected `offset` ms after the first."""
    wire = Wire(latency=latency)
    a = Host(wire, MAC, seed=seed, first=first, answers=True)
    wire.run(offset)
    b = Host(wire, OTHER, seed=seed + 500009, first=second, answers=True)
    wire.run(30000)
    assert a.address >= 0 and b.address >= 0 and a.address != b.address, (seed, offset, latency)
    # At most one host gets C. So there is no conflict on an address in use.
    assert "defended" not in a.words() + b.words(), (seed, offset, latency)
    return a, b


def test_two_hosts_that_probe_one_address_find_two_addresses():
    # X-01, R5227-1.1-f: all offsets of the start, also 0. Frames take 0 or 1 ms.
    moved = [0, 0, 0]
    for seed in range(RACES):
        a, b = _race(seed, seed * 7 % 7001, seed % 2)
        moved[(a.address != C) + (b.address != C)] += 1
    assert moved[0] == 0 and moved[1] > 0, moved


def test_two_hosts_that_start_in_the_same_ms():
    for seed in range(RACES // 5):
        _race(seed, 0, 1)
    # With equal random numbers, both hosts send probes in the same ms, receive each other's probe, and choose
    # other addresses.
    wire = Wire(latency=1)
    a = Host(wire, MAC, seed=1, first=C)
    b = Host(wire, OTHER, seed=1, first=C)
    wire.run(30000)
    assert len({a.address, b.address, C}) == 3 and a.words() == b.words() == ["conflict", "bound"]


def test_fifty_hosts_with_one_candidate_all_find_addresses():
    wire = Wire(latency=1)
    random = Random(11)
    hosts = [
        Host(wire, b"\x02\x00\x00\x00\x01" + bytes((i,)), seed=random(0, 99999), first=C, answers=True)
        for i in range(50)
    ]
    wire.run(120000)
    assert len({host.address for host in hosts}) == 50
    assert not any("defended" in host.words() for host in hosts)


def test_peer_with_other_timing_finds_another_address():
    # R5227-2.2-a: a host with faster probes, and a host that announces at once and never gives up.
    for seed in range(50):
        wire = Wire(latency=1)
        a = Host(wire, MAC, seed=seed, first=C, answers=True)
        b = Host(wire, OTHER, seed=seed + 7, first=C, delay=200, answers=True)
        wire.run(30000)
        assert a.address >= 0 and b.address >= 0 and a.address != b.address
    wire = Wire()
    a = Host(wire, MAC, first=C)
    Peer(wire, C)
    for ms in (100, 300, 500):
        wire.inject(ms, announcement(OTHER, C))
    wire.run(30000)
    assert a.address not in (-1, C)


def test_broadcast_reply_ends_the_conflict_of_joined_links():
    # R3927-4-b: two hosts hold C on two links. The links are joined, and a third host asks for C.
    left, right = Wire(), Wire()
    a = Host(left, MAC, first=C, answers=True)
    b = Host(right, OTHER, seed=2, first=C, answers=True)
    left.run(20000)
    right.run(20000)
    right.unplug(b)
    b.wire = left
    left.plug(b)
    left.changed(b)
    left.run(30000)
    assert a.address == b.address == C
    left.inject(30000, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)))
    left.run(60000)
    assert a.address >= 0 and b.address >= 0 and a.address != b.address
    assert "defended" in a.words() + b.words()


def test_refused_defence_does_not_make_the_second_announcement_early():
    # the driver refuses the defence and the second announcement. There is one attempt per 100 ms.
    wire = Wire()
    host = Host(wire, first=C)
    while host.machine.state != sim.ANNOUNCING:
        wire.sleep(1)
    wire.sleep(1950)
    host.refuse = 20
    host.on_frame(announcement(FOREIGN, C))
    wire.sleep(500)
    assert 20 - host.refuse <= 10
    host.refuse = 0
    wire.sleep(1000)
    assert host.count("defences") == 1 and host.count("announcements") == 2
    assert host.machine.state == sim.HELD and host.due() > 5000  # DEFEND_INTERVAL
