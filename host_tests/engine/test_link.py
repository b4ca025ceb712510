# SPDX-License-Identifier: MIT
"""The link goes down and up, a routable address is set and removed, the MAC changes."""

import sim
from sim import FOREIGN, MAC, OTHER, C, Host, Wire, announcement, denial, ip, is_probe, target


def _instants():
    """(name, ms) of an instant in each state of a claim."""
    wire = Wire()
    Host(wire, first=C)
    wire.run(20000)
    p1, p2, p3, n1, n2 = [ms for ms, _ in wire.trace]
    return (
        ("in the initial wait", 1),
        ("after P1", p1 + 1),
        ("after P2", p2 + 1),
        ("after P3", p3 + 1),
        ("just before N1", n1 - 1),
        ("announcing", n1 + 1),
        ("held", n2 + 5000),
    )


def _at(ms):
    wire = Wire()
    host = Host(wire, first=C)
    wire.run(ms)
    return wire, host


def _assert_claims(wire, host, address):
    """A complete claim of this address from now on: 3 probes, 2 announcements, and the address is not held
    before the first.
    """
    since = wire.now
    assert host.address == -1
    wire.sleep(20000)
    frames = [(ms, frame) for ms, frame in wire.trace if ms >= since]
    assert [target(frame) for _, frame in frames] == [address] * 5
    assert [is_probe(frame) for _, frame in frames] == [True] * 3 + [False] * 2
    assert frames[0][0] - since <= 1001
    assert [event for event in host.events if event[0] >= since] == [(frames[3][0], "bound")]
    assert host.address == address


def test_link_down_in_any_state_stops_frames_and_timers():
    # no frame, no timer, no address.
    for name, ms in _instants():
        wire, host = _at(ms)
        sent = len(wire.trace)
        held = host.address
        host.carrier(False)
        assert host.address == -1 and host.machine.watched() == -1, name
        assert host.machine.state == sim.WAITING and host.due() == -1, name
        wire.sleep(120000)
        assert len(wire.trace) == sent and host.suspended == held, name
        assert host.words()[-1:] == (["suspended"] if held >= 0 else []), name


def test_link_up_again_probes_the_old_address_first():
    # R3927-2.1-g, R5227-2.1-b, BCT-I.6a
    # X-32, D9, B15, R3927-2.2-c: whatever the state was when the link went down.
    for _, ms in _instants():
        wire, host = _at(ms)
        host.carrier(False)
        wire.sleep(10000)
        host.carrier(True)
        assert host.address == -1
        _assert_claims(wire, host, C)


def test_link_down_and_up_in_the_same_ms_restarts_the_claim():
    for _, ms in _instants():
        wire, host = _at(ms)
        host.carrier(False)
        host.carrier(True)
        wire.sleep(1)
        _assert_claims(wire, host, C)


def test_old_address_denied_after_link_up():
    # BCT-I.6b, X-33
    wire, host = _at(30000)
    host.carrier(False)
    wire.sleep(3000)
    host.carrier(True)
    wire.inject(wire.now + 1500, denial(FOREIGN, C))
    wire.sleep(1500)
    assert host.words()[-2:] == ["conflict", "lost"] and host.machine.host != C and host.suspended == -1
    wire.sleep(1)
    _assert_claims(wire, host, host.machine.host)


def test_address_that_was_held_last_is_tried_first():
    # The machine tries the address that it held last, not its first choice.
    wire = Wire()
    host = Host(wire, first=C)
    wire.inject(1, denial(FOREIGN, C))
    wire.run(20000)
    held = host.address
    host.carrier(False)
    host.carrier(True)
    wire.sleep(1)
    assert held != C
    _assert_claims(wire, host, held)


def test_fast_flaps_do_not_accumulate_timers():
    # 50 flaps, 0.7 s apart.
    wire = Wire()
    host = Host(wire, first=C)
    for i in range(50):
        wire.sleep(700)
        host.carrier(False)
        host.carrier(True)
        assert len([1 for ms, _ in wire.trace if ms > 700 * i]) <= 1
    wire.sleep(1)
    _assert_claims(wire, host, C)


def test_every_flap_has_its_own_initial_wait():
    wire = Wire()
    host = Host(wire, first=C)
    waits = set()
    for _ in range(50):
        host.carrier(False)
        host.carrier(True)
        waits.add(host.due())
    assert len(waits) > 30


def test_same_status_twice_changes_nothing():
    expected = _at(20000)[0].trace
    for _, ms in _instants():
        wire, host = _at(ms)
        host.carrier(True)
        wire.run(20000)
        assert wire.trace == expected
    wire, host = _at(20000)
    host.carrier(False)
    host.carrier(False)
    assert host.words() == ["bound", "suspended"]


def test_link_down_during_the_defence_interval():
    wire, host = _at(20000)
    host.on_frame(announcement(FOREIGN, C))
    host.carrier(False)
    assert host.words()[-1] == "suspended" and len(wire.trace) == 6
    wire.sleep(30000)
    host.carrier(True)
    _assert_claims(wire, host, C)


def test_new_mac_after_link_up():
    # X-48, R3927-2.2.1-a: all frames have the new MAC as Ethernet source and as sender hardware address. The
    # old MAC now belongs to another host.
    wire, host = _at(20000)
    host.carrier(False)
    host.carrier(True, OTHER)
    since = wire.now
    wire.sleep(1)
    _assert_claims(wire, host, C)
    for ms, frame in wire.trace:
        mac = OTHER if ms >= since else MAC
        assert frame[6:12] == frame[22:28] == mac
    host.on_frame(announcement(OTHER, C))
    assert host.actions == 0
    host.on_frame(announcement(MAC, C))
    assert host.actions & sim.CONFLICT


def test_new_mac_gives_other_candidates():
    hosts = []
    for mac in (MAC, OTHER):
        _wire, host = _at(20000)
        host.carrier(False)
        host.carrier(True, mac)
        host.on_frame(denial(FOREIGN, C))
        hosts.append(host.machine.host)
    assert hosts[0] != hosts[1]


# A routable address


def test_no_claim_while_there_is_a_routable_address():
    # R3927-1.9-b, R3927-1.9-j: from power-up, for ten minutes.
    wire = Wire()
    host = Host(wire, first=C, plug=False)
    host.routable(True)
    host.carrier(True)
    wire.run(600000)
    assert wire.trace == [] and host.machine.state == sim.IDLE and host.due() == -1


def test_routable_address_ends_the_claim_in_each_state():
    # R3927-1.9-a, B18, B17: also in the two seconds before N1.
    for name, ms in _instants():
        wire, host = _at(ms)
        sent = len(wire.trace)
        held = host.address
        host.routable(True)
        assert host.machine.state == sim.IDLE and host.address == -1 and host.due() == -1, name
        wire.sleep(120000)
        assert len(wire.trace) == sent, name
        assert host.words()[-1:] == (["lost"] if held >= 0 else []), name
        host.routable(False)
        _assert_claims(wire, host, C)  # R3927-1.9-i: the old address is probed first


def test_routable_address_that_remains_during_a_flap():
    wire, host = _at(20000)
    host.routable(True)
    host.carrier(False)
    assert host.machine.state == sim.WAITING
    host.carrier(True)
    assert host.machine.state == sim.IDLE
    host.carrier(False)
    host.routable(False)
    assert host.machine.state == sim.WAITING and host.due() == -1
    wire.sleep(20000)
    assert len(wire.trace) == 5
    host.carrier(True)
    _assert_claims(wire, host, C)


# Stop


def test_no_frames_after_stop_in_each_state():
    for name, ms in _instants():
        wire, host = _at(ms)
        sent = len(wire.trace)
        held = host.address
        host.stop()
        assert host.board == [] and host.due() == -1, name
        assert host.words()[-1:] == (["lost"] if held >= 0 else []), name
        host.on_frame(denial(FOREIGN, C))
        host.on_frame(announcement(FOREIGN, C))
        for change in (host.carrier, host.routable):
            change(True)
            change(False)
            change(True)
        assert host.due() == -1 and host.machine.state == sim.STOPPED, name
        assert len(wire.trace) == sent and host.machine.elapsed(wire.ticks()) == 0, name


def test_no_frames_before_the_link_is_up():
    wire = Wire()
    host = Host(wire, first=C, plug=False)
    assert host.due() == -1
    wire.run(60000)
    assert wire.trace == [] and host.machine.state == sim.WAITING
    host.on_frame(announcement(FOREIGN, C))
    host.carrier(True)
    _assert_claims(wire, host, C)
    assert ip(C) == wire.trace[0][1][38:42]
