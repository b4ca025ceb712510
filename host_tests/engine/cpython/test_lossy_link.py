# SPDX-License-Identifier: MIT
"""Several hosts on a link that loses, delays, repeats and reorders frames. The link also splits and merges,
and an adversary attacks the hosts.
"""

import sim
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from rate_checked import CheckedHost
from sim import FOREIGN, OTHER, REQUEST, ZERO_MAC, C, Host, Wire, X, ip

# The same examples in every run.
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True, database=None)

PEER = b"\x02\x00\x00\x00\x00\x04"
SLEEP = 6000  # ms; like the firmware's link, a host that slept for longer probes its address again

# The time from the last disturbance until all hosts are bound: the pause of the rate limit, and four claims
# of at most 9 s, because claims may conflict with each other.
RECOVERY = 61000 + 4 * 9000  # ms


class FaultyWire(Wire):
    """A wire that loses, repeats and delays frames. While it is split, a station receives only the frames
    from its own side.

    loss, repeats: percent of the deliveries. jitter: the longest delay in ms.
    """

    def __init__(self, seed):
        super().__init__(latency=1)
        self.random = sim.Random(seed)
        self.loss = self.repeats = self.jitter = 0
        self.side = {}  # station -> its side, or 0

    def _deliver(self, sent):
        sender, frame = sent
        for station in self.listeners(frame):
            if station is sender or self.side.get(sender, 0) != self.side.get(station, 0):
                continue
            for _ in range(1 + (self.random(0, 99) < self.repeats)):
                if self.random(0, 99) >= self.loss:
                    self.at(self.now + self.random(0, self.jitter), station.on_frame, frame)


class Member(CheckedHost):
    """A host that can sleep. `members` checks all addresses after each step of the host."""

    def __init__(self, members, mac, seed):
        self.members = members
        self.slept_at = -1
        self.starts = []  # ms of the first probe of each new candidate
        super().__init__(members.wire, mac, seed, 2000, False, [0, 0, -1], answers=True)

    def do(self, todo):
        super().do(todo)
        self.members.check()

    def due(self):
        return super().due() if self.slept_at < 0 else -1

    def on_frame(self, frame):
        if self.up and self.slept_at < 0:
            super().on_frame(frame)

    def check(self, frame):
        super().check(frame)
        host = sim.target(frame)
        if sim.is_probe(frame) and (not self.starts or self.starts[-1][1] != host):
            self.starts.append((self.wire.now, host))

    def link(self, up):
        self.probed.clear()
        self.up = up
        self.carrier(up)

    def sleep(self):
        self.slept_at = self.wire.now
        self.wire.changed(self)

    def wake(self):
        slept = self.wire.now - self.slept_at
        self.slept_at = -1
        if slept > SLEEP and self.up:
            self.link(False)
            self.link(True)
        self.wire.changed(self)


class Cloner(sim.Adversary):
    """Takes some of the addresses that other hosts probe, and answers ARP Requests for these addresses."""

    def __init__(self, wire):
        super().__init__(wire, self._on_frame, OTHER)
        self.share = 0  # percent
        self.taken = set()

    def _on_frame(self, frame):
        host = sim.target(frame)
        if sim.is_probe(frame) and self.wire.random(0, 99) < self.share:
            self.taken.add(host)
        if host in self.taken and frame[20:22] == b"\x00\x01":
            self.wire.send(self, sim.packet(2, OTHER, ip(host), frame[22:28], frame[28:32], frame[22:28]))


kinds = st.sampled_from(
    (
        lambda sha, host: sim.denial(sha, host, sim.BROADCAST),
        lambda sha, host: sim.probe(sha, host),
        lambda sha, host: sim.announcement(sha, host),
        lambda sha, host: sim.packet(REQUEST, sha, ip(host), ZERO_MAC, ip(X)),
    )
)


class HostsOnFaultyLink(RuleBasedStateMachine):
    """`intact`: since all hosts were bound, no frame was lost, the link was not split and no host slept."""

    # R3927-2.2-c, R3927-2.2.1-n, R3927-2.5-a, R3927-2.5-e, R3927-4-b, R5227-2.4-a, X-06, X-32

    @initialize(count=st.integers(2, 8), seed=st.integers(0, 10**6))
    def gather(self, count, seed):
        self.wire = FaultyWire(seed)
        self.intact = True
        self.members = []
        for i in range(count):
            self.members.append(Member(self, b"\x02\x00\x00\x00\x01" + bytes((i,)), seed + i))
        self.cloner = Cloner(self.wire)
        for member in self.members:
            member.link(True)

    def check(self):
        if self.intact:
            assert not self.shared(), "two hosts are bound to one address"

    def shared(self):
        """The host parts that two members hold."""
        held = [member.address for member in self.members if member.address >= 0]
        return {host for host in held if held.count(host) > 1}

    def member(self, index):
        return self.members[index % len(self.members)]

    @rule(ms=st.integers(0, 3000) | st.integers(9000, 10100) | st.integers(30000, 70000))
    def time_passes(self, ms):
        self.wire.sleep(ms)

    @rule(jitter=st.sampled_from((0, 5, 400)), repeats=st.sampled_from((0, 20, 100)))
    def frames_are_late_and_repeated(self, jitter, repeats):
        self.wire.jitter, self.wire.repeats = jitter, repeats

    @rule(loss=st.sampled_from((0, 10, 50, 100)))
    def frames_are_lost(self, loss):
        self.wire.loss = loss
        self.intact = self.intact and not loss

    @rule(index=st.integers(0, 7))
    def join_or_leave(self, index):
        member = self.member(index)
        if member.slept_at < 0:
            member.link(not member.up)

    @rule(indexes=st.sets(st.integers(0, 7)))
    def flap(self, indexes):
        for member in {self.member(index) for index in indexes}:
            if member.slept_at < 0:
                member.link(False)
                member.link(True)

    @rule(index=st.integers(0, 7), ms=st.sampled_from((500, 5900, 6100, 30000)))
    def sleep(self, index, ms):
        member = self.member(index)
        if member.slept_at < 0:
            self.intact = False
            member.sleep()
            self.wire.sleep(ms)
            member.wake()

    @rule(sides=st.integers(0, 255))
    def split(self, sides):
        self.intact = False
        for i, member in enumerate(self.members):
            self.wire.side[member] = sides >> i & 1

    @rule()
    def merge(self):
        self.wire.side.clear()

    @rule(share=st.sampled_from((0, 30, 100)), ms=st.sampled_from((0, 5000, 100000)))
    def addresses_are_cloned(self, share, ms):
        self.cloner.share = share
        self.wire.sleep(ms)

    @rule(
        index=st.integers(0, 7),
        kind=kinds,
        sha=st.integers(-1, 7),
        gaps=st.lists(st.sampled_from((0, 5000, 9500)), max_size=3),
    )
    def hostile_frames(self, index, kind, sha, gaps):
        forged = FOREIGN if sha < 0 else self.member(sha).hwaddr
        for gap in gaps:
            self.wire.send(None, kind(forged, self.member(index).machine.host))
            self.wire.sleep(gap)

    @rule()
    def recovery(self):
        """After the last disturbance, an ARP Request for an address that two hosts hold ends this conflict,
        and all hosts are bound in time.
        """
        wire = self.wire
        wire.loss = wire.repeats = wire.jitter = self.cloner.share = 0
        wire.side.clear()
        for member in self.members:
            if not member.up:
                member.link(True)
        wire.sleep(9000)  # until the claims whose probes were lost have ended
        for host in self.shared():
            wire.send(None, sim.packet(REQUEST, PEER, ip(X), ZERO_MAC, ip(host)))
        wire.sleep(20)
        assert not self.shared(), "two hosts are bound to one address after an ARP Request"
        wire.sleep(RECOVERY - 9020)
        assert not self.shared()
        self.intact = True
        assert [member.machine.state for member in self.members] == [sim.HELD] * len(self.members)

    def teardown(self):
        if not hasattr(self, "wire"):
            return
        self.recovery()
        for member in self.members:
            # R3927-2.2.1-n, D7: ten at once, then one per minute.
            times = [ms for ms, _ in member.starts]
            assert all(times[i] - times[i - 20] >= 600000 for i in range(20, len(times)))


HostsOnFaultyLink.TestCase.settings = settings(EXAMPLES, stateful_step_count=25)
test_no_duplicate_addresses_remain_after_a_faulty_link_has_recovered = HostsOnFaultyLink.TestCase


@EXAMPLES
@given(
    seed=st.integers(0, 10**6),
    gap=st.integers(0, 10000),
    conflicts=st.lists(st.integers(0, 60000), max_size=5),
)
def test_two_hosts_with_the_same_mac_send_no_more_frames_than_other_hosts(seed, gap, conflicts):
    # Each host mistakes the frames of the other host for its own frames that came back (R5227-2.1.1-j). So
    # both hosts hold the address, and cannot detect this. But a frame of one host causes no frame of the
    # other.
    wire = Wire(latency=1)
    hosts = [Host(wire, sim.MAC, seed + i, first=C, plug=False, answers=True) for i in range(2)]
    wire.at(0, hosts[0].carrier, True)
    wire.at(gap, hosts[1].carrier, True)
    for ms in conflicts:
        wire.inject(20000 + ms, sim.announcement(FOREIGN, C))
    wire.run(3600000)
    for host in hosts:
        claims = 1 + host.count("conflicts")
        assert host.machine.state == sim.HELD
        assert host.count("probes") <= 3 * claims and host.count("announcements") <= 2 * claims
        assert host.count("defences") <= host.count("conflicts") <= len(conflicts)
