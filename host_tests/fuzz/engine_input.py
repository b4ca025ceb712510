# SPDX-License-Identifier: MIT
"""Fuzzes the state machine on the virtual wire, with Atheris: `make fuzz`. It accepts libFuzzer's arguments.

The bytes of an input select a sequence of events: a frame arrives, time passes, or the interface changes.
Some frames consist of fields with typical values, others of arbitrary bytes. A frame must count as a conflict
if and only if is_conflict() returns true for it. sim.Host checks that its interface has at most one address,
and has it only while the machine holds it.
"""

import sys
from pathlib import Path

import atheris

ENGINE = Path(__file__).parents[1] / "engine"
sys.path[:0] = [str(ENGINE.parents[1] / "lib"), str(ENGINE), str(ENGINE / "shim")]

with atheris.instrument_imports(include=["autoip"]):
    import sim
    from autoip import acd
    from sim import FIRST, LAST

ADDRESSES = (
    sim.ip(sim.C),
    sim.ip(sim.X),
    sim.ANY,
    sim.ROUTABLE,
    b"\xff\xff\xff\xff",
    sim.ip(0),
    sim.ip(0xFFFF),
)
MACS = (sim.MAC, sim.FOREIGN, sim.OTHER, sim.ZERO_MAC, sim.BROADCAST)
TIMES = (0, 1, 10, 999, 1000, 2000, 5000, 9999, 10001, 59999, 61000, 600001, 2**29)
DELAYS = (2000, 1, 200, 8000)
CLAIMS = (sim.announcement, sim.probe, sim.denial)


class Input:
    """Reads the bytes of an input, and runs the events that they select."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1] if self.at <= len(self.data) else 0

    def one_of(self, choices):
        return choices[self.byte() % len(choices)]

    def some_bytes(self, count):
        return bytes(self.byte() for _ in range(count))

    def any_bytes(self, _):
        return self.some_bytes(self.byte() % 64)

    def claim(self, host):
        return self.one_of(CLAIMS)(self.one_of(MACS[1:3]), host)

    def fields(self, host):
        """A complete ARP packet, often with an address that has this host part. Every eighth packet has a
        changed byte, and is cut off.
        """
        addresses = (sim.ip(host), *ADDRESSES)
        frame = bytearray(
            sim.packet(
                1 + self.byte() % 2,
                self.one_of(MACS),
                self.one_of(addresses),
                self.one_of(MACS),
                self.one_of(addresses),
                self.one_of(MACS),
            )
        )
        if self.byte() % 8 == 7:
            frame[self.byte() % len(frame)] = self.byte()
            del frame[self.byte() % 64 :]
        return bytes(frame)

    def run(self):
        wire = sim.Wire(self.one_of((0, sim.TICKS_MAX - 5000)))
        first = self.one_of((sim.C, -1, FIRST, LAST))
        host = sim.Host(wire, first=first, delay=self.one_of(DELAYS), abandon=bool(self.byte() % 2))
        steps = (
            self.hear,
            self.hear,
            self.hear,
            self.wait,
            self.wait,
            self.wait_for_timer,
            self.link,
            self.route,
        )
        while self.at < len(self.data):
            self.one_of(steps)(host)
            check(host)
        host.stop()
        sent = len(wire.trace)
        wire.sleep(120000)
        assert len(wire.trace) == sent and host.address < 0 and host.suspended < 0

    def hear(self, host):
        before = (host.count("conflicts"), host.machine.state, host.machine.host)
        frame = self.one_of((self.claim, self.claim, self.fields, self.any_bytes))(before[2])
        conflicts = is_conflict(host, frame)
        host.on_frame(frame)
        assert host.count("conflicts") == before[0] + conflicts
        if not conflicts:
            assert (host.machine.state, host.machine.host) == before[1:]

    def wait(self, host):
        host.wire.sleep(self.one_of(TIMES))

    def wait_for_timer(self, host):
        host.wire.sleep(max(host.due(), 0))

    def link(self, host):
        how = self.byte()
        host.carrier(bool(how & 1), self.one_of(MACS[:3]) if how & 2 else None)

    def route(self, host):
        host.routable(bool(self.byte() & 1))


def is_conflict(host, frame):
    """Is the frame a conflict according to RFC 3927 2.2.1 and 2.5? Reads its bytes without code of acd.py."""
    state, own = host.machine.state, sim.ip(host.machine.host)
    if state < sim.PROBING or len(frame) < 42 or not (frame[0] & 1 or frame[:6] == host.hwaddr):
        return False
    if frame[12:21] != b"\x08\x06\x00\x01\x08\x00\x06\x04\x00" or frame[21] not in (1, 2):
        return False
    if frame[22:28] == host.hwaddr:
        return False
    probe = frame[21] == 1 and frame[28:32] == sim.ANY and frame[38:42] == own and frame[:6] == sim.BROADCAST
    return frame[28:32] == own or (probe and state == sim.PROBING)


def check(host):
    machine = host.machine
    assert FIRST <= machine.host <= LAST and machine.state in range(len(acd.STATES))
    for _, frame in host.wire.trace:
        assert len(frame) == 42 and frame[:6] == sim.BROADCAST and FIRST <= sim.target(frame) <= LAST
    host.wire.trace.clear()


def run(data):
    Input(data).run()


if __name__ == "__main__":
    atheris.Setup(sys.argv, run)
    atheris.Fuzz()
