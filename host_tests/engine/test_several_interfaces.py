# SPDX-License-Identifier: MIT
"""Several interfaces of one host."""

from sim import (
    CONFLICT,
    FOREIGN,
    MAC,
    OTHER,
    C,
    Host,
    Wire,
    announcement,
    denial,
    probe,
)


def _pair(wire_a, wire_b, first_b=C, seed=1):
    board = []
    a = Host(wire_a, MAC, seed=seed, first=C, board=board)
    b = Host(wire_b, OTHER, seed=seed + 1, first=first_b, board=board)
    return a, b


def test_two_interfaces_on_one_link_take_two_addresses():
    # X-07, R3927-3.4-b: two interfaces on one hub have the same first candidate. They cause no conflicts for
    # each other.
    for latency in (0, 1, 50):
        for seed in range(50):
            wire = Wire(latency=latency)
            a, b = _pair(wire, wire, seed=seed)
            wire.run(20000)
            assert a.address == C and b.address not in (-1, C)
            assert a.words() == b.words() == ["bound"] and len(wire.trace) == 10


def test_two_interfaces_on_two_links_take_two_addresses():
    # B36
    a, b = _pair(Wire(), Wire())
    a.wire.run(20000)
    b.wire.run(20000)
    assert a.address == C and b.address not in (-1, C)


def test_frames_of_the_boards_other_interface_are_not_conflicts():
    # B04, R5227-2.1.1-j, R5227-2.4-a: in each state, the frames of the other interface are not conflicts. A
    # frame from a foreign MAC is a conflict.
    for ms in (1, 2500, 20000):
        wire = Wire()
        a, _ = _pair(wire, Wire())
        wire.run(ms)
        for frame in (probe(OTHER, C), denial(OTHER, C), announcement(OTHER, C)):
            a.on_frame(frame)
            assert a.actions == 0 and a.count("conflicts") == 0
        a.on_frame(denial(FOREIGN, C))
        assert a.actions & CONFLICT


def test_frames_of_an_interface_that_is_down_are_not_conflicts_either():
    wire = Wire()
    a, b = _pair(wire, Wire())
    b.carrier(False)
    a.on_frame(denial(OTHER, C))
    assert a.actions == 0


def test_frames_of_a_stopped_interface_are_conflicts():
    wire = Wire()
    a, b = _pair(wire, Wire())
    b.stop()
    assert a.board == [a]
    a.on_frame(denial(OTHER, C))
    assert a.actions == CONFLICT


def test_conflict_on_one_interface_does_not_affect_the_other():
    # R3927-3.4-a
    a, b = _pair(Wire(), Wire(), first_b=C + 1)
    a.wire.run(20000)
    b.wire.run(20000)
    for _ in range(2):
        b.on_frame(announcement(FOREIGN, C))
        assert b.actions == 0
    assert a.address == C and b.address == C + 1
    for _ in range(2):
        b.on_frame(announcement(FOREIGN, C + 1))
    b.wire.sleep(20000)
    assert b.address not in (-1, C, C + 1) and a.address == C and a.words() == ["bound"]


def test_candidates_skip_the_address_of_the_other_interface():
    # In this test, the host moves to its second candidate, because the other interface has the first.
    wire = Wire()
    a, b = _pair(wire, wire, first_b=C + 1)
    wire.run(20000)
    from autoip.candidates import candidate

    b.machine.host = candidate(MAC, 0)
    for _ in range(2):
        a.on_frame(announcement(FOREIGN, C))
    assert a.machine.host == candidate(MAC, 1)


def test_suspended_address_is_not_free():
    # The address stays on its interface, with its connections, until the host has probed it again.
    wire = Wire()
    board = []
    a = Host(wire, MAC, first=C, board=board)
    wire.run(20000)
    a.carrier(False)
    b = Host(wire, OTHER, seed=2, first=C, board=board)
    wire.sleep(20000)
    assert a.suspended == C and b.address not in (-1, C)
    a.carrier(True)
    wire.sleep(20000)
    assert a.address == C and a.words() == ["bound", "suspended", "bound"] and b.words() == ["bound"]


def test_three_interfaces_and_an_adversary():
    wire = Wire(latency=1)
    board = []
    hosts = [
        Host(wire, b"\x02\x00\x00\x00\x02" + bytes((i,)), seed=i, first=C, board=board) for i in range(3)
    ]
    wire.inject(1500, denial(FOREIGN, C, hosts[0].hwaddr))
    wire.run(30000)
    assert len({host.address for host in hosts}) == 3 and min(host.address for host in hosts) >= 0
    assert sum(host.count("conflicts") for host in hosts) <= 1
