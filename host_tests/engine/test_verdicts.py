# SPDX-License-Identifier: MIT
"""Which frames are conflicts in which states: conflicts, unrelated frames and malformed frames."""

import sys

import sim
from arp_filter import ANSWER, CLAIM, PROBE
from sim import (
    ANY,
    BROADCAST,
    FOREIGN,
    MAC,
    OTHER,
    REPLY,
    REQUEST,
    ZERO_MAC,
    C,
    Host,
    Random,
    Wire,
    X,
    announcement,
    denial,
    ip,
    is_probe,
    packet,
    probe,
)

CONFLICTS = 10000 if sys.implementation.name == "cpython" else 2000

# The names of the states, see _in(). INSTANTS has the ms at which a host with seed 1, alone on the wire, is
# in a state. P1, P2, P3, N1 and N2 are the times of its frames.
OFF = ("stopped", "down", "limited", "idle")
PROBING = ("before P1", "after P1", "after P2", "after P3", "end of P3")
HELD = ("after N1", "after N2", "held 1 h")
DEFENDED = ("after N1, defended", "held, defended")


def _schedule():
    wire = Wire()
    Host(wire, first=C)
    wire.run(20000)
    return [ms for ms, _ in wire.trace]


P1, P2, P3, N1, N2 = _schedule()
INSTANTS = {
    "before P1": 1,
    "after P1": P1 + 1,
    "after P2": P2 + 1,
    "after P3": P3 + 1,
    "end of P3": P3 + 1999,
    "after N1": N1 + 1000,
    "after N2": N2 + 1,
    "held 1 h": N2 + 3600000,
}


def _in(state):
    """A host in this state, its wire, and the address that it probes or holds."""
    wire = Wire()
    if state == "stopped":
        host = Host(wire, first=C)
        host.stop()
        return wire, host
    if state == "limited":
        limit = [9, 0, -1]  # nine candidates denied
        host = Host(wire, first=X, limit=limit)
        wire.inject(1, denial(FOREIGN, X))
        wire.run(10)
        host.machine.host = C
        assert host.machine.state == sim.WAITING
        return wire, host
    host = Host(wire, first=C)
    if state == "down":
        host.carrier(False)
    elif state == "idle":
        host.routable(True)
    elif state == "after N1, defended":
        wire.inject(N1 + 1, announcement(OTHER, C))
        wire.run(N1 + 1000)
    elif state == "held, defended":
        wire.inject(N2 + 1000, announcement(OTHER, C))
        wire.run(N2 + 9000)
    else:
        wire.run(INSTANTS[state])
    assert host.machine.host == C
    return wire, host


def _conflicts(sha):
    """{name: frame} of frames that are conflicts, because their sender protocol address is C. The other
    fields vary as in X-08, X-09, X-10 and X-24.
    """
    frames = {
        "T1 denial": denial(sha, C),
        "T3 announcement": announcement(sha, C),
        "T5 ordinary Request": packet(REQUEST, sha, ip(C), ZERO_MAC, ip(X)),
        "T8 unicast Reply": packet(REPLY, sha, ip(C), MAC, ip(X), MAC),
        "Request to us": packet(REQUEST, sha, ip(C), ZERO_MAC, ip(C), MAC),
        "Reply to 0.0.0.0, broadcast": packet(REPLY, sha, ip(C), MAC, ANY),
    }
    for target_mac in (sha, ZERO_MAC, BROADCAST):
        frames["T3 announcement, target %s" % target_mac.hex()] = packet(
            REQUEST, sha, ip(C), target_mac, ip(C)
        )
        frames["T4 gratuitous Reply, target %s" % target_mac.hex()] = packet(
            REPLY, sha, ip(C), target_mac, ip(C)
        )
    return frames


def _unrelated(sha):
    """{name: frame} of frames that are never conflicts, whatever the sender's MAC is."""
    return {
        "T7 ordinary Request for us": packet(REQUEST, sha, ip(X), ZERO_MAC, ip(C)),
        "ordinary Request, unicast": packet(REQUEST, sha, ip(X), ZERO_MAC, ip(C), MAC),
        "Request of a routable host": packet(REQUEST, sha, b"\x0a\x00\x00\x05", ZERO_MAC, ip(C)),
        "unicast poll, X-14": probe(sha, C, MAC),
        "multicast poll": probe(sha, C, b"\x01\x00\x5e\x00\x00\x01"),
        "Reply with SPA 0, X-13": packet(REPLY, sha, ANY, MAC, ip(C)),
        "Reply of another host": packet(REPLY, sha, ip(X), MAC, ip(C), MAC),
        "Request of X for another address": packet(REQUEST, sha, ip(X), ZERO_MAC, ip(X + 1)),
        "probe for another address": probe(sha, X),
        "announcement of another address": announcement(sha, X),
        "same host part, other net": packet(REQUEST, sha, b"\xa9\xff\x12\x34", ZERO_MAC, b"\xa9\xff\x12\x34"),
        "same host part, 192.168": packet(REQUEST, sha, b"\xc0\xa8\x12\x34", ZERO_MAC, b"\xc0\xa8\x12\x34"),
        "bytes swapped": announcement(sha, 0x3412),
        "probe, bytes swapped": probe(sha, 0x3412),
        "SPA 0.0.0.1": packet(REQUEST, sha, b"\x00\x00\x00\x01", ZERO_MAC, ip(C)),
        "SPA 1.0.0.0": packet(REQUEST, sha, b"\x01\x00\x00\x00", ZERO_MAC, ip(C)),
    }


def _changed(frame, at, data):
    return frame[:at] + data + frame[at + len(data) :]


def _malformed():
    """{name: frame} of malformed frames that would otherwise be conflicts. X-16, X-17, X-18, X-20, X-21,
    X-22.
    """
    frames = {}
    for kind, whole in (
        ("T1", denial(FOREIGN, C)),
        ("T2", probe(FOREIGN, C)),
        ("T3", announcement(FOREIGN, C)),
    ):
        for name, at, data in (
            ("IEEE 802 hardware", 14, b"\x00\x06"),
            ("hardware 0x0101", 14, b"\x01\x01"),
            ("protocol IPv6", 16, b"\x86\xdd"),
            ("protocol 0x0801", 16, b"\x08\x01"),
            ("hln 8", 18, b"\x08"),
            ("hln 0", 18, b"\x00"),
            ("pln 16", 19, b"\x10"),
            ("pln 0", 19, b"\x00"),
            ("ethertype IPv4", 12, b"\x08\x00"),
            ("ethertype RARP", 12, b"\x80\x35"),
            ("op 0", 20, b"\x00\x00"),
            ("op 3", 20, b"\x00\x03"),
            ("op 4", 20, b"\x00\x04"),
            ("op 8", 20, b"\x00\x08"),
            ("op 9", 20, b"\x00\x09"),
            ("op 255", 20, b"\x00\xff"),
            ("op 0x0101", 20, b"\x01\x01"),
            ("op 0x0102", 20, b"\x01\x02"),
        ):
            frames[kind + ", " + name] = _changed(whole, at, data)
        for length in range(42):
            frames["%s of %d bytes" % (kind, length)] = whole[:length]
        frames[kind + ", SNAP"] = whole[:12] + b"\x00\x24\xaa\xaa\x03\x00\x00\x00" + whole[12:]
        frames[kind + ", priority tag"] = whole[:12] + b"\x81\x00\x00\x00" + whole[12:]
        frames[kind + ", VLAN 10"] = whole[:12] + b"\x81\x00\x00\x0a" + whole[12:]
    return frames


def _counts(machine):
    return tuple(machine.counts[2:])


def _undisturbed(state):
    """What a host does in the 20 s after this state if it receives no frames: its frames, its events, its
    address, and the time of the state.
    """
    wire, host = _in(state)
    since = wire.now
    wire.sleep(20000)
    return wire.trace, host.events, host.machine.host, since


def _assert_ignored(state, frames):
    """None of these frames has an effect, either on the events or on the time of any later frame."""
    trace, events, address, since = _undisturbed(state)
    for name, frame in frames.items():
        wire, host = _in(state)
        counts = _counts(host.machine)
        assert wire.now == since
        host.on_frame(frame)
        assert host.actions == 0 and _counts(host.machine) == counts, (state, name)
        wire.sleep(20000)
        assert wire.trace == trace and host.events == events and host.machine.host == address, (state, name)


def _assert_dropped(state, frames):
    """After each of these frames, a probing host gives up the candidate and claims another."""
    for name, frame in frames.items():
        wire, host = _in(state)
        at = wire.now
        host.on_frame(frame)
        machine = host.machine
        assert host.actions == sim.CONFLICT, (state, name)
        assert machine.state == sim.PROBING and machine.host != C and host.count("conflicts") == 1, (
            state,
            name,
        )
        second = machine.host
        wire.sleep(10000)
        after = [sent for ms, sent in wire.trace if ms >= at]
        assert len(after) == 5 and all(is_probe(sent) for sent in after[:3]), (state, name)
        assert all(sent[38:42] == ip(second) for sent in after), (state, name)
        assert host.words() == ["conflict", "bound"] and host.address == second, (state, name)


def _assert_defended(state, frames):
    """Each of these frames causes one announcement at once, and the address is kept."""
    trace, _, _, since = _undisturbed(state)
    for name, frame in frames.items():
        wire, host = _in(state)
        host.on_frame(frame)
        assert host.actions == sim.CONFLICT | sim.SEND, (state, name)
        assert host.words(since) == ["conflict", "defended"] and host.count("defences") == 1, (state, name)
        assert host.address == C, (state, name)
        assert wire.trace[-1] == (since, announcement(MAC, C)), (state, name)
        wire.sleep(20000)
        # The defence is one more frame. The second announcement comes at its usual time.
        wire.trace.remove((since, announcement(MAC, C)))
        assert wire.trace == trace, (state, name)


def _assert_given_up(state, frames):
    """After each of these frames, a host gives up the address."""
    for name, frame in frames.items():
        wire, host = _in(state)
        at = wire.now
        host.on_frame(frame)
        assert host.actions == sim.CONFLICT | sim.LOST, (state, name)
        assert host.machine.state == sim.PROBING and host.machine.host != C, (state, name)
        wire.sleep(10000)
        after = [sent for ms, sent in wire.trace if ms >= at]
        assert len(after) == 5, (state, name)
        assert not any(ip(C) in (sent[28:32], sent[38:42]) for sent in after), (state, name)
        assert host.words(at) == ["conflict", "lost", "bound"] and host.address != C, (state, name)


# States in which all frames are ignored


def test_frames_are_ignored_while_stopped_down_limited_or_idle():
    # B29: frames before the first timer and after stop() have no effect.
    for state in OFF:
        _assert_ignored(state, _conflicts(FOREIGN))
        _assert_ignored(state, {"T2": probe(FOREIGN, C)})
        _assert_ignored(state, _unrelated(FOREIGN))
        _assert_ignored(state, {"malformed": b"", "long": bytes(1514)})


def test_frame_that_waited_while_the_claim_ended_is_ignored():
    # The frame was received while the address was watched, and is processed when no address is watched.
    for state in OFF:
        wire, host = _in(state)
        for kind, frame in (
            (CLAIM, announcement(FOREIGN, C)),
            (PROBE, probe(FOREIGN, C)),
            (ANSWER, denial(FOREIGN, C)),
        ):
            assert host.machine.received(kind, frame, wire.ticks()) == 0, state
        assert host.count("conflicts") == (state == "limited"), state


# Probing


def test_candidate_is_dropped_if_another_host_uses_it():
    # R3927-1.5-a, R3927-2.2.1-h, R3927-2.2.1-i, R3927-2.2.1-l, R5227-2.1.1-g, X-03, X-08, X-09, X-10,
    # BCT-I.2a
    for state in PROBING:
        _assert_dropped(state, _conflicts(FOREIGN))


def test_candidate_is_dropped_if_another_host_probes_it():
    # R3927-2.2.1-i, R3927-2.2.1-l, R5227-2.1.1-i, R5227-1.1-f, BCT-I.2b
    # B14, R3927-2.2.1-j: from before P1 until 1 ms before the end of ANNOUNCE_WAIT.
    for state in PROBING:
        _assert_dropped(state, {"T2": probe(FOREIGN, C)})
        _assert_dropped(state, {"target MAC set": packet(REQUEST, FOREIGN, ANY, MAC, ip(C))})


def test_candidate_is_not_probed_if_another_host_probes_it_first():
    #
    wire = Wire()
    Host(wire, first=C)
    wire.inject(1, probe(FOREIGN, C))
    wire.run(20000)
    assert not any(sent[38:42] == ip(C) for _, sent in wire.trace)


def test_unrelated_frames_never_stop_a_claim():
    # R5227-1.2-a, D2, B01, B02, B05, X-13, X-14
    for state in PROBING:
        _assert_ignored(state, _unrelated(FOREIGN))


def test_ordinary_requests_during_the_whole_claim_change_nothing():
    # X-15, B28: a Request comes every 10 ms, and also in the same ms as each timer.
    wire = Wire()
    host = Host(wire, first=C)
    for ms in range(0, N2 + 100, 10):
        wire.inject(ms, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)))
    for ms in (P1, P2, P3, N1, N2):
        wire.inject(ms, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(X + 1)))
    wire.run(20000)
    assert [ms for ms, _ in wire.trace] == [P1, P2, P3, N1, N2]
    assert host.address == C and host.count("conflicts") == 0


def test_two_denials_of_one_candidate_count_once():
    # R5227-2.1.1-h, R3927-2.2.1-m
    wire = Wire()
    host = Host(wire, first=C)
    wire.run(P1)
    for _ in range(5):
        host.on_frame(denial(FOREIGN, C))
        host.on_frame(probe(FOREIGN, C))
    assert host.count("conflicts") == 1 and host.words() == ["conflict"]


# Held


ANSWERS = ("T1 denial", "Reply to 0.0.0.0, broadcast")


def test_held_address_is_defended_if_another_host_uses_it():
    # R3927-1.5-a, R3927-2.5-a, R3927-2.5-b, R5227-2.4-a, R5227-2.4-b, R5227-2.5-b, X-08, X-09, X-10
    for state in HELD:
        frames = _conflicts(FOREIGN)
        if state == "after N1":
            for name in ANSWERS:
                del frames[name]
        _assert_defended(state, frames)


def test_late_answer_to_a_probe_ends_the_claim():
    # R3927-1.3-a
    # RFC 3927 1.3: a round trip of up to 1 s.
    conflicts = _conflicts(FOREIGN)
    for state in ("after N1", "after N1, defended"):
        _assert_given_up(state, {name: conflicts[name] for name in ANSWERS})


def test_defended_address_is_given_up_if_another_host_uses_it():
    # R3927-1.5-a, R3927-2.5-e, R5227-2.4-e, X-08, X-09, X-10
    for state in DEFENDED:
        _assert_given_up(state, _conflicts(FOREIGN))


def test_probe_for_held_address_is_not_a_conflict():
    # R5227-1.1-f, R5227-2.5-c, X-11, X-12
    for state in HELD + DEFENDED:
        _assert_ignored(state, {"T2": probe(FOREIGN, C)})


def test_unrelated_frames_never_affect_a_held_address():
    # R5227-1.2-a, X-13
    for state in HELD + DEFENDED:
        _assert_ignored(state, _unrelated(FOREIGN))


def test_none_of_ten_thousand_conflicts_is_ignored():
    # X-19, R3927-2.5-f, R5227-2.4-j: with any operation, target, destination and padding.
    random = Random(3)
    wire, host = _in("after N2")
    machine = host.machine
    for i in range(CONFLICTS):
        op = random(REQUEST, REPLY)
        tpa = random.some_bytes(4)
        dst = (BROADCAST, MAC)[random(0, 1)]
        adversary = b"\x02\x01" + random.some_bytes(4)
        frame = packet(op, adversary, ip(machine.host), random.some_bytes(6), tpa, dst) + random.some_bytes(
            random(0, 20)
        )
        host.on_frame(frame)
        assert host.actions & sim.CONFLICT and host.count("conflicts") == i + 1
        wire.trace.clear()
        host.events.clear()
        wire.sleep(700000)  # after the defence interval, and after all times of the rate limit
    assert host.count("defences") == CONFLICTS and host.address == C


# States in which frames may be conflicts


def test_own_frames_that_come_back_change_nothing():
    # R3927-2.2.1-k, R5227-2.1.1-j, B03
    # D1, X-04, X-06: the sender hardware address is the host's own. The other fields do not matter.
    for state in PROBING + HELD + DEFENDED:
        _assert_ignored(state, _conflicts(MAC))
        _assert_ignored(state, {"own probe": probe(MAC, C)})
        _assert_ignored(state, _unrelated(MAC))


def test_reflected_frames_never_stop_a_claim():
    # R5227-2.1.1-j, X-05, R3927-2.2.1-k, B03
    expected = _undisturbed("before P1")[0]
    for delay in (0, 1, 5, 50, 900):
        for copies in (1, 2, 100):
            wire = Wire(echoes=(delay,) * copies)
            host = Host(wire, first=C)
            wire.run(INSTANTS["before P1"] + 20000)
            assert wire.trace == expected and host.count("conflicts") == 0, (delay, copies)


def test_late_echo_of_announcement_after_a_flap_is_ignored():
    # R5227-2.1.1-j, D1, X-06: after a flap, the host receives its own frames from before the flap again.
    wire, host = _in("after N2")
    host.carrier(False)
    host.carrier(True)
    since = wire.now
    wire.run(since + 1001)
    for _, frame in list(wire.trace):
        host.on_frame(frame)
    wire.sleep(20000)
    assert host.address == C and host.count("conflicts") == 0


def test_malformed_frames_are_ignored():
    # B30
    frames = _malformed()
    for state in ("before P1", "end of P3", "after N1", "held, defended"):
        _assert_ignored(state, frames)


def test_link_drops_malformed_frames_and_counts_malformed_arp():
    for name, frame in _malformed().items():
        _wire, host = _in("after P1")
        assert host.kind(frame, C, False) == 0
        arp = frame[12:14] == b"\x08\x06" and ip(C) in (frame[28:32], frame[38:42])
        assert host.malformed == arp, name


def test_padding_never_matters():
    # 46, 60, 64 and 1,514 bytes, with zeros and with random bytes.
    random = Random(5)
    for length in (42, 46, 60, 64, 1514):
        for padding in (bytes(length - 42), random.some_bytes(length - 42)):
            _assert_dropped(
                "after P1", {"T1": denial(FOREIGN, C) + padding, "T2": probe(FOREIGN, C) + padding}
            )
            _assert_defended("after N2", {"T3": announcement(FOREIGN, C) + padding})
            _assert_ignored("after P1", {"T7": packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)) + padding})


def test_frame_at_odd_memory_address_is_read_correctly():
    # B35
    wire, host = _in("after P1")
    buffer = memoryview(b"\x00" + denial(FOREIGN, C))[1:]
    assert host.machine.received(CLAIM, buffer, wire.ticks()) == sim.CONFLICT


def test_ethernet_source_does_not_matter():
    # X-23, D3, B19
    adversary = packet(REQUEST, FOREIGN, ip(C), ZERO_MAC, ip(C), src=MAC)
    prober = packet(REQUEST, FOREIGN, ANY, ZERO_MAC, ip(C), src=MAC)
    _assert_dropped("after P1", {"adversary": adversary, "prober": prober})
    _assert_defended("after N2", {"adversary": adversary})
    own = packet(REQUEST, MAC, ip(C), ZERO_MAC, ip(C), src=FOREIGN)
    for state in ("after P1", "after N2", "held, defended"):
        _assert_ignored(
            state, {"own": own, "own probe": packet(REQUEST, MAC, ANY, ZERO_MAC, ip(C), src=FOREIGN)}
        )
    _wire, host = _in("after N2")
    host.on_frame(adversary)
    assert host.count("mismatched") == 1


def test_invalid_sender_hardware_address_causes_a_conflict():
    # these MACs are not valid sender addresses, but they differ from the host's own MAC.
    for sha in (ZERO_MAC, BROADCAST, b"\x01\x00\x5e\x00\x00\x01"):
        _assert_dropped("after P1", _conflicts(sha))
        _assert_dropped("after P1", {"probe": probe(sha, C)})
        _assert_defended("after N2", _conflicts(sha))


def test_sender_whose_mac_differs_in_one_byte_causes_a_conflict():
    for i in range(6):
        sha = _changed(MAC, i, bytes((MAC[i] ^ 0x80,)))
        _assert_dropped("after P1", {"T1": denial(sha, C), "T2": probe(sha, C)})


def test_conflict_causes_exactly_one_frame():
    # B39: the stack answers ARP Requests, but the other host gets only the defence, and no Reply.
    wire = Wire()
    host = Host(wire, first=C, answers=True)
    wire.run(N2 + 5000)
    sent = len(wire.trace)
    wire.inject(wire.now, packet(REQUEST, FOREIGN, ip(C), ZERO_MAC, ip(C)))
    wire.sleep(5000)
    assert len(wire.trace) == sent + 1 and host.count("defences") == 1
