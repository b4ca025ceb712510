# SPDX-License-Identifier: MIT
"""make soak: boards of all kinds and avahi-autoipd on one bridge, in trouble for as long as one likes.

    python -m wire.soak MINUTES [SEED]

Services start and stop, boards reset softly, cables flap, a DHCP server comes and goes, and a hostile host
denies, claims and probes addresses. Each round ends with a rest, at which every host must have an address
that nobody else answers for, and no board less free heap than at the first rest. At the end the checker
looks at every frame. The capture and the boards' logs are left in build/captures.
"""

import contextlib
import random
import sys
import threading
import time
from dataclasses import dataclass

from .bench import Bench
from .frames import THIEF, announcement, is_arp, probe, reply, request
from .waiting import PATIENCE, QUIET

ASKER = "169.254.7.9"
# s after the last fault: two pauses of the rate limit, as the first choice of a host that comes out of one
# may be another's, and four claims of 9 s at most that meet each other (RFC 3927 2.2.1).
PEACE = 2 * 61 + 4 * 9
ANSWER = 10  # s
ROUND = 120  # s of faults
HEAP = 512  # bytes of the heap that a rest may differ by from another
RESIDENT = 512  # KiB, likewise of the process

# Kind of the board, whether it is sanitized, options of its service.
BOARDS = (
    ("unix", True, {"delay": 200}),
    ("unix", False, {"delay": 200, "abandon": True}),
    ("qemu", True, {}),
    ("task", True, {"delay": 200, "old": True}),
)


@dataclass
class Use:
    """What a board has in use, or free, at a rest."""

    heap: int  # bytes that are free
    resident: int  # KiB


class Member:
    """A board on the bridge, and what happens to it."""

    def __init__(self, bench, kind, sanitize, options):
        self.kind = kind
        self.options = options
        self.rests = []
        self.board = bench.board(kind, sanitize=sanitize, forgetful=True)
        self._bench = bench
        self._plugged = True
        self.start()

    def start(self):
        self._running = True
        self.board.start(**self.options)

    def restart(self):
        if self._running:
            self.board.run("svc.stop()")
            self._running = False
        else:
            self.start()

    def soft_reset(self):
        self.board.soft_reset()
        self.start()

    def cable(self):
        self._plugged = not self._plugged
        self.board.set_link(self._plugged)
        self.board.until("nic.status() > 1" if self._plugged else "nic.status() < 2", PATIENCE)

    def flap(self):
        if self._plugged:
            self.cable()
            self.cable()

    def lease(self):
        """Let go of a lease, or ask for one."""
        self.board.run("nic.ipconfig(dhcp4=not nic.ipconfig('dhcp4'))")

    def conflict(self, mac):
        """Another host claims its address."""
        address = self._running and self.board.address
        if address:
            self._bench.wire.send(announcement(address, mac))

    def recover(self):
        """No more faults."""
        if not self._plugged:
            self.cable()
        if not self._running:
            self.start()

    def wait(self):
        """Wait until it rests; returns its link-local address."""
        self.board.until("svc.state in ('bound', 'idle')", PEACE)
        return self.board.address

    def is_idle(self):
        """Does it rest without a link-local address, beside a routable one?"""
        return self.options.get("old") and self.board.ask("svc.state") == "idle"

    def note(self):
        """What it has in use at this rest."""
        self.board.run("import gc; gc.collect()")
        self.rests.append(Use(self.board.ask("gc.mem_free()"), self.board.resident()))

    def growth(self):
        """What grew since the first rest, in words."""
        first, last = self.rests[0], self.rests[-1]
        if last.heap < first.heap - HEAP:
            yield f"{self.board.log}: free heap {first.heap} -> {last.heap} bytes"
        # QEMU's process is the emulator.
        if self.kind != "qemu" and last.resident > first.resident + RESIDENT:
            yield f"{self.board.log}: resident {first.resident} -> {last.resident} KiB"

    def faults(self):
        """What the board reported, in words."""
        if "Traceback" in self.board.log.read_text(errors="replace"):
            yield f"{self.board.log}: an exception"


class Hostile:
    """Answers probes and announcements of all others: with a denial, a claim or a probe of its own."""

    def __init__(self, bench, chance):
        self.attacks = 0  # that are left
        self._bench = bench
        self._chance = chance
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._thread.join()

    def _run(self):
        frames, seen = self._bench.capture.frames, 0
        while not self._ended.wait(0.01):
            new, seen = frames[seen:], len(frames)
            for frame in new:
                if self.attacks > 0 and not frame.injected and frame.kind in ("probe", "announcement"):
                    self._attack(frame)

    def _attack(self, frame):
        address = frame.arp.pdst
        self.attacks -= 1
        self._ended.wait(self._chance.choice((0, 0, 0.3)))
        kinds = reply(address, "0.0.0.0", frame.source), announcement(address), probe(address)
        self._bench.wire.send(self._chance.choice(kinds))


class Soak:
    """All of it; the same seed gives the same faults in the same order.

    sieges: of how many attacks one may be. A board that has ten conflicts waits for a minute.
    """

    def __init__(self, bench, seed, sieges=(2, 5, 40)):
        self._bench = bench
        self._chance = random.Random(seed)
        self._server = bench.dhcp()
        self._serving = False
        self.members = [Member(bench, *each) for each in BOARDS]
        self._avahi = bench.avahi()
        self._sieges = sieges
        self._hostile = Hostile(bench, random.Random(seed))
        self.happened = 0
        self.rests = 0

    def run(self, seconds, tell=print):
        """Rounds of faults and rests, two at least, for so long or a little longer."""
        began = time.monotonic()
        length = min(ROUND, seconds / 3)
        try:
            while self.rests < 2 or time.monotonic() < began + seconds:
                end = time.monotonic() + length
                while time.monotonic() < end:
                    self._fault()
                    time.sleep(self._chance.choice((0.05, 0.3, 1, 3)))
                rested = self._rest()
                tell(
                    f"{(time.monotonic() - began) / 60:5.1f} min, {self.happened} faults,"
                    f" at rest after {rested:.0f} s",
                )
        finally:
            self._hostile.close()
        grown = [what for member in self.members for what in (*member.growth(), *member.faults())]
        assert not grown, "\n".join(grown)

    def _fault(self):
        member = self._chance.choice(self.members)
        mac = self._chance.choice([THIEF] + [other.board.mac for other in self.members if other != member])
        fault = self._chance.choice(
            (
                member.restart,
                member.soft_reset,
                member.cable,
                member.flap,
                member.lease,
                lambda: member.conflict(mac),
                self._siege,
                self._serve,
            )
        )
        fault()
        self.happened += 1

    def _siege(self):
        self._hostile.attacks = self._chance.choice(self._sieges)

    def _serve(self):
        self._serving = not self._serving
        if self._serving:
            self._server.start()
        else:
            self._server.stop()

    def _rest(self):
        """No more faults; returns the seconds until all were at rest."""
        began = time.monotonic()
        self._hostile.attacks = 0
        for member in self.members:
            member.recover()
        # Two that met while a cable was out part at the first ARP of theirs: at once, or after pauses.
        while wrong := self._answered_by_others():
            assert time.monotonic() < began + PEACE, "\n".join(wrong)
        rested = time.monotonic() - began
        for member in self.members:
            member.note()
        self.rests += 1
        return rested

    def _answered_by_others(self):
        """Addresses that not just their holder answers for, in words, once all rest."""
        holders = {member.board.mac: member.wait() for member in self.members if not member.is_idle()}
        holders[self._avahi.host.mac] = self._avahi.wait(PEACE)
        told = []
        for mac, address in holders.items():
            answered = self._answers(address, mac) if address else "nobody"
            if answered != {mac}:
                told.append(f"{address} of {mac} is answered for by {answered}")
        return told

    def _answers(self, address, mac):
        """The MACs of those that answer for the address, once this one has, or in vain."""
        asked = self._bench.wire.send(request(ASKER, address))
        capture, answers = self._bench.capture, is_arp("reply", spa=address)
        with contextlib.suppress(TimeoutError):
            capture.wait_for(is_arp("reply", mac, spa=address), timeout=ANSWER, after=asked)
        time.sleep(QUIET)
        return {frame.source for frame in capture.select(answers, asked) if not frame.injected}

    def report(self):
        """A line for each board."""
        for member in self.members:
            first, last = member.rests[0], member.rests[-1]
            yield (
                f"{member.kind:5} {member.options}: free heap {first.heap:,} -> {last.heap:,} bytes,"
                f" resident {first.resident:,} -> {last.resident:,} KiB"
            )


def main(minutes, seed="1"):
    bench = Bench("soak", "unix")
    try:
        soak = Soak(bench, int(seed))
        soak.run(60 * float(minutes), lambda text: print(text, flush=True))
    finally:
        bench.close()
    print(*soak.report(), f"{len(bench.capture.frames):,} frames, all in order", sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
