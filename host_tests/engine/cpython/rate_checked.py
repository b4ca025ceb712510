# SPDX-License-Identifier: MIT
"""A host that asserts that its frames stay within the limits of RFC 3927 2.2.1, 2.4 and 2.5."""

import sim
from sim import BROADCAST, FIRST, LAST, C, Host


class CheckedHost(Host):
    """A host that checks every frame that it sends.

    The test sets `up`, `has_route` and `stopped`. The host may send only while it is up, has no routable
    address and is not stopped. The test clears `probed` when the link is interrupted.
    """

    def __init__(self, wire, mac, seed, delay, abandon, limit, answers=False):
        self.pace = delay
        self.probed = {}  # host part -> ms of its probes since it was last denied, lost or interrupted
        self.defended = {}  # host part -> ms of its last defence
        self.up = self.has_route = self.stopped = False
        super().__init__(wire, mac, seed, C, delay, abandon, limit, plug=False, answers=answers)

    def do(self, todo):
        if todo & (sim.LOST | sim.CONFLICT) and not todo & sim.FRAME:
            self.probed.clear()
        before = self.words().count("defended")
        super().do(todo)
        if self.words().count("defended") > before:
            host, now = self.machine.host, self.wire.now
            assert now - self.defended.get(host, -20000) > 10000, "two defences within ten seconds"
            self.defended[host] = now

    def _transmit(self):
        taken = super()._transmit()
        if taken:
            self.check(self.wire.trace[-1][1])
        return taken

    def check(self, frame):
        now = self.wire.now
        assert self.up and not self.has_route and not self.stopped, "a frame while the host must not send"
        host = sim.target(frame)
        assert len(frame) == 42 and FIRST <= host <= LAST and frame[:6] == BROADCAST
        probes = self.probed.setdefault(host, [])
        if sim.is_probe(frame):
            assert self.address < 0 and len(probes) < 3, "a fourth probe"
            assert not probes or 2 * (now - probes[-1]) >= self.pace, "probes too close"
            probes.append(now)
        elif self.address < 0:
            assert len(probes) == 3 and now - probes[-1] >= self.pace, "announced too early"
        else:
            assert host == self.address
