# SPDX-License-Identifier: MIT
"""Properties of the state machine that hold for any frames, any times and any order."""

import pytest
import sim
from autoip.candidates import candidate
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from rate_checked import CheckedHost
from scapy.layers.l2 import ARP, Ether
from sim import BROADCAST, FIRST, FOREIGN, LAST, MAC, OTHER, ZERO_MAC, C, Host, Wire, X, ip

# The same examples in every run.
EXAMPLES = settings(max_examples=400, deadline=None, derandomize=True, database=None)


def text(mac):
    return mac.hex(":")


def is_conflict(frame, probing, host, own):
    """RFC 3927 2.2.1 and 2.5, applied to the fields as scapy decodes them. Uses no code of acd.py."""
    if len(frame) < 42:
        return False
    ether = Ether(frame)
    if type(ether) is not Ether or ether.type != 0x0806 or type(ether.payload) is not ARP:
        return False
    arp = ether.payload
    if (arp.hwtype, arp.ptype, arp.hwlen, arp.plen) != (1, 0x0800, 6, 4) or arp.op not in (1, 2):
        return False
    address = "169.254.%d.%d" % divmod(host, 256)
    if arp.hwsrc in [text(mac) for mac in own]:
        return False
    if arp.psrc == address:
        return True
    is_probe = arp.op == 1 and arp.psrc == "0.0.0.0" and ether.dst == "ff:ff:ff:ff:ff:ff"
    return probing and is_probe and arp.pdst == address


macs = st.sampled_from((MAC, FOREIGN, OTHER, ZERO_MAC, BROADCAST)) | st.binary(min_size=6, max_size=6)
addresses = st.sampled_from((ip(C), ip(X), sim.ANY, b"\x0a\x00\x00\x05")) | st.binary(min_size=4, max_size=4)


def _first_announcement():
    wire = Wire()
    Host(wire, first=C)
    wire.run(20000)
    return wire.trace[3][0]


N1 = _first_announcement()


@st.composite
def arps(draw):
    """A well-formed ARP packet about an address that matters, perhaps with padding."""
    op = draw(st.sampled_from((1, 1, 1, 2, 2, 2, 0, 3, 8, 255)))
    frame = sim.packet(
        op, draw(macs), draw(addresses), draw(macs), draw(addresses), draw(macs), draw(st.none() | macs)
    )
    return frame + draw(st.binary(max_size=22))


@st.composite
def mutated(draw):
    """A packet of arps() with up to three changed bytes, perhaps cut off."""
    frame = bytearray(draw(arps()))
    for _ in range(draw(st.integers(0, 3))):
        frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
    return bytes(frame[: draw(st.sampled_from((None, None, None, 41, 42, 60)))])


frames = arps() | mutated() | st.binary(max_size=100)


def _host_in(state):
    wire = Wire()
    host = Host(wire, first=C)
    wire.run({sim.ANNOUNCING: N1 + 1, sim.HELD: N1 + 5000}.get(state, 1))
    if state == "idle":
        host.routable(True)
    elif state == "down":
        host.carrier(False)
    else:
        assert host.machine.state == state
    return host


@pytest.mark.parametrize("state", [sim.PROBING, sim.ANNOUNCING, sim.HELD, "idle", "down"])
def test_frame_is_a_conflict_if_and_only_if_a_second_decoder_says_so(state):
    # R3927-2.2.1-h, R3927-2.2.1-j, R3927-2.5-a, R3927-2.5-f, R5227-2.4-a, X-18, B05
    @EXAMPLES
    @given(frames)
    def check(frame):
        host = _host_in(state)
        machine = host.machine
        before = (machine.state, machine.host, host.count("conflicts"), host.address, len(host.wire.trace))
        host.on_frame(frame)
        to_us = host.accepts(frame)
        if isinstance(state, int) and to_us and is_conflict(frame, state == sim.PROBING, C, [MAC]):
            assert host.actions & sim.CONFLICT and host.count("conflicts") == 1
        else:
            after = (machine.state, machine.host, host.count("conflicts"), host.address, len(host.wire.trace))
            assert host.actions == 0 and after == before

    check()


@EXAMPLES
@given(st.binary(min_size=6, max_size=6), st.integers(0, 2**30 - 1))
def test_any_candidate_is_in_range(mac, attempt):
    # R3927-2.1-b, X-41
    assert FIRST <= candidate(mac, attempt) <= LAST
    assert candidate(mac, attempt) != candidate(mac, attempt + 1)


@settings(EXAMPLES, max_examples=60)
@given(st.integers(0, 10**6), st.integers(0, 1990), st.booleans(), st.sampled_from((1, 200, 2000, 8000)))
def test_no_more_than_twenty_candidates_in_ten_minutes(seed, delay, alternate, pace):
    # R3927-2.2.1-n, R5227-2.1.1-k
    wire = Wire()
    Host(wire, seed=seed, delay=pace)
    sim.Denier(wire, delay * pace // 2000, alternate)
    wire.run(1800000)
    starts = {}
    for ms, frame in wire.trace:
        starts.setdefault(sim.target(frame), ms)
    starts = sorted(starts.values())
    for start in starts:
        assert len([ms for ms in starts if start <= ms < start + 600000]) <= 20
    for i in range(10, len(starts)):
        assert starts[i] - starts[i - 1] >= 60000


kinds = st.sampled_from(
    (
        lambda sha, host: sim.denial(sha, host),
        lambda sha, host: sim.probe(sha, host),
        lambda sha, host: sim.announcement(sha, host),
        lambda sha, host: sim.packet(1, sha, ip(X), ZERO_MAC, ip(host)),
        lambda sha, host: sim.probe(sha, host, MAC),
    )
)


class AnySequence(RuleBasedStateMachine):
    """Frames, time, flaps, leases, failing drivers, stop and start, in any order."""

    # R3927-2.2.1-b, R3927-2.2.1-g, X-31, X-46, B29

    @initialize(
        seed=st.integers(0, 10**6),
        delay=st.sampled_from((1, 10, 2000)),
        abandon=st.booleans(),
        start=st.sampled_from((0, sim.TICKS_MAX - 8000)),
    )
    def boot(self, seed, delay, abandon, start):
        self.wire = Wire(start)
        self.options = (seed, delay, abandon, [0, 0, -1])
        self.host = CheckedHost(self.wire, MAC, *self.options)
        self.change("up", True)

    def change(self, what, value):
        self.host.probed.clear()
        if what == "up":
            self.host.up = value
            self.host.carrier(value)
        else:
            self.host.has_route = value
            self.host.routable(value)

    @rule(ms=st.integers(0, 3000) | st.integers(9990, 10010) | st.integers(55000, 65000))
    def time_passes(self, ms):
        self.wire.sleep(ms)

    @rule(more=st.integers(-1, 1))
    def time_passes_to_the_timer(self, more):
        if self.host.due() > 0:
            self.wire.sleep(max(self.host.due() + more, 0))

    @rule(kind=kinds, sha=st.sampled_from((FOREIGN, OTHER, MAC)), times=st.integers(1, 3))
    def frame_about_its_address(self, kind, sha, times):
        for _ in range(times):
            self.host.on_frame(kind(sha, self.host.machine.host))

    @rule()
    def silence(self):
        while self.host.due() > 0 and self.host.machine.state in (sim.PROBING, sim.ANNOUNCING):
            self.wire.sleep(self.host.due())

    @precondition(lambda self: self.host.address >= 0)
    @rule(times=st.integers(1, 2))
    def conflict(self, times):
        for _ in range(times):
            self.host.on_frame(sim.announcement(FOREIGN, self.host.machine.host))

    @rule(frame=frames)
    def any_frame(self, frame):
        self.host.on_frame(frame)

    @rule(settled=st.booleans())
    def flap(self, settled):
        self.change("up", False)
        self.change("up", True)
        if settled:
            self.silence()

    @rule(up=st.booleans())
    def link(self, up):
        if up != self.host.up:
            self.change("up", up)

    @rule(present=st.booleans())
    def lease(self, present):
        if present != self.host.has_route:
            self.change("route", present)

    @rule(times=st.integers(1, 5))
    def driver_fails(self, times):
        self.host.refuse = times

    @precondition(lambda self: not self.host.stopped)
    @rule(again=st.booleans())
    def stop(self, again):
        self.host.stopped = True
        self.host.stop()
        if again:
            self.host = CheckedHost(self.wire, MAC, *self.options)
            self.change("up", True)

    @invariant()
    def outputs_are_consistent(self):
        if not hasattr(self, "host"):
            return
        machine = self.host.machine
        assert FIRST <= machine.host <= LAST
        assert machine.held() in (-1, machine.watched()) and machine.watched() in (-1, machine.host)
        assert self.host.address == machine.held()
        silent = self.host.stopped or not self.host.up or self.host.has_route
        assert (machine.watched() >= 0) <= (not silent)

    @invariant()
    def no_timer_is_missed(self):
        if not hasattr(self, "host") or self.host.stopped:
            return
        self.wire.sleep(0)
        machine, now = self.host.machine, self.wire.ticks()
        left = machine.wait(now)
        before = (machine.state, machine.host, len(self.wire.trace))
        assert left != 0 and machine.elapsed(now) == 0
        assert (machine.state, machine.host, len(self.wire.trace)) == before and machine.wait(now) == left
        wanted = self.host.up and not self.host.has_route
        if wanted and machine.state in (sim.WAITING, sim.PROBING, sim.ANNOUNCING):
            assert left > 0, "stuck"


AnySequence.TestCase.settings = settings(EXAMPLES, max_examples=200, stateful_step_count=40)
test_rules_hold_for_any_sequence_of_events = AnySequence.TestCase


@EXAMPLES
@given(
    st.sampled_from((1, 200, 2000)),
    st.lists(st.sampled_from(("conflict", "flap", "lease", "1 s", "9 s")), max_size=10),
)
def test_never_two_defences_of_one_address_in_ten_seconds(delay, steps):
    # R3927-2.5-e, B12
    # CheckedHost makes the checks. In this test, the host holds its address most of the time.
    sequence = AnySequence()
    sequence.boot(1, delay, False, 0)
    sequence.silence()
    for step in steps:
        if step == "conflict" and sequence.host.address >= 0:
            sequence.conflict(1)
        elif step == "flap":
            sequence.flap(True)
        elif step == "lease":
            sequence.lease(True)
            sequence.lease(False)
            sequence.silence()
        else:
            sequence.time_passes({"1 s": 1000, "9 s": 9000}.get(step, 0))
