# SPDX-License-Identifier: MIT
"""make soak: boards of all kinds and avahi-autoipd on one bridge, with disturbances, for any time.

    python -m wire.soak MINUTES [SEED]

Services start and stop, boards make soft resets, cables flap, a DHCP server starts and stops, and a hostile
host denies, claims and probes addresses. Each round ends with a rest. At a rest every host must have an
address for which no other host answers, and no board may have less free heap than at the first rest. At the
end the checker checks every frame. build/captures has the capture and the boards' logs.
"""

import contextlib
import random
import sys
import threading
import time
from dataclasses import dataclass

from .bench import Bench
from .frames import ADVERSARY_MAC, announcement, is_arp, probe, reply, request
from .waiting import PATIENCE, QUIET

PEER = "169.254.7.9"
# s after the last disturbance: two pauses of the rate limit, because the first choice of a host after a pause
# may be another host's address, and four claims of at most 9 s that conflict with each other (RFC 3927
# 2.2.1).
PEACE = 2 * 61 + 4 * 9
ANSWER = 10  # s
ROUND = 120  # s of disturbances
HEAP = 512  # bytes by which the heap may differ between two rests
RESIDENT = 512  # KiB by which the memory of the process may differ between two rests

# The kind of the board, whether it is sanitized, and options of its service.
BOARDS = (
    ("unix", True, {"delay": 200}),
    ("unix", False, {"delay": 200, "abandon": True}),
    ("qemu", True, {}),
    ("task", True, {"delay": 200, "old": True}),
)


@dataclass
class Use:
    """What a board uses, or has free, at a rest."""

    heap: int  # bytes that are free
    resident: int  # KiB


class Member:
    """A board on the bridge, and the disturbances of it."""

    def __init__(self, bench, kind, sanitize, options):
        self.kind = kind
        self.options = options
        self.rests = []
        self.board = bench.board(kind, sanitize=sanitize, small_quarantine=True)
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
        """Release a lease, or ask for one."""
        self.board.run("nic.ipconfig(dhcp4=not nic.ipconfig('dhcp4'))")

    def conflict(self, mac):
        """Another host claims the board's address."""
        address = self._running and self.board.address
        if address:
            self._bench.wire.send(announcement(address, mac))

    def recover(self):
        """End all disturbances."""
        if not self._plugged:
            self.cable()
        if not self._running:
            self.start()

    def wait(self):
        """Wait until the board rests. Returns its link-local address."""
        self.board.until("svc.state in ('bound', 'idle')", PEACE)
        return self.board.address

    def is_idle(self):
        """Does the board rest without a link-local address, because it has a routable address?"""
        return self.options.get("old") and self.board.ask("svc.state") == "idle"

    def note(self):
        """Measure what the board uses at this rest."""
        self.board.run("import gc; gc.collect()")
        self.rests.append(Use(self.board.ask("gc.mem_free()"), self.board.resident()))

    def growth(self):
        """Describe what has grown since the first rest."""
        first, last = self.rests[0], self.rests[-1]
        if last.heap < first.heap - HEAP:
            yield f"{self.board.log}: free heap {first.heap} -> {last.heap} bytes"
        # The process of a QEMU_MPS2 is QEMU, whose memory doesn't show the board's use.
        if self.kind != "qemu" and last.resident > first.resident + RESIDENT:
            yield f"{self.board.log}: resident {first.resident} -> {last.resident} KiB"

    def failures(self):
        """Report that the board has printed an exception."""
        if "Traceback" in self.board.log.read_text(errors="replace"):
            yield f"{self.board.log}: an exception"


class Hostile:
    """Answers probes and announcements of all other hosts with a denial, a claim or a probe of its own."""

    def __init__(self, bench, chance):
        self.attacks = 0  # the number of attacks that are left
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
    """All hosts. The same seed gives the same disturbances in the same order.

    attack_counts: the possible numbers of attacks in a row. A board that has ten conflicts waits for a
    minute.
    """

    def __init__(self, bench, seed, attack_counts=(2, 5, 40)):
        self._bench = bench
        self._chance = random.Random(seed)
        self._server = bench.dhcp()
        self._serving = False
        self.members = [Member(bench, *each) for each in BOARDS]
        self._avahi = bench.avahi()
        self._attack_counts = attack_counts
        self._hostile = Hostile(bench, random.Random(seed))
        self.happened = 0
        self.rests = 0

    def run(self, seconds, print_line=print):
        """Run rounds of disturbances and rests, at least two, for this time or a little longer."""
        began = time.monotonic()
        length = min(ROUND, seconds / 3)
        try:
            while self.rests < 2 or time.monotonic() < began + seconds:
                end = time.monotonic() + length
                while time.monotonic() < end:
                    self._disturb()
                    time.sleep(self._chance.choice((0.05, 0.3, 1, 3)))
                rested = self._rest()
                print_line(
                    f"{(time.monotonic() - began) / 60:5.1f} min, {self.happened} disturbances,"
                    f" at rest after {rested:.0f} s",
                )
        finally:
            self._hostile.close()
        grown = [what for member in self.members for what in (*member.growth(), *member.failures())]
        assert not grown, "\n".join(grown)

    def _disturb(self):
        member = self._chance.choice(self.members)
        mac = self._chance.choice(
            [ADVERSARY_MAC] + [other.board.mac for other in self.members if other != member]
        )
        disturbance = self._chance.choice(
            (
                member.restart,
                member.soft_reset,
                member.cable,
                member.flap,
                member.lease,
                lambda: member.conflict(mac),
                self._start_attacks,
                self._serve,
            )
        )
        disturbance()
        self.happened += 1

    def _start_attacks(self):
        self._hostile.attacks = self._chance.choice(self._attack_counts)

    def _serve(self):
        self._serving = not self._serving
        if self._serving:
            self._server.start()
        else:
            self._server.stop()

    def _rest(self):
        """End all disturbances. Returns the seconds until all hosts rested."""
        began = time.monotonic()
        self._hostile.attacks = 0
        for member in self.members:
            member.recover()
        # Two hosts that got one address while a cable was out have a conflict at their first ARP packets: at
        # once, or after a pause.
        while wrong := self._answered_by_others():
            assert time.monotonic() < began + PEACE, "\n".join(wrong)
        rested = time.monotonic() - began
        for member in self.members:
            member.note()
        self.rests += 1
        return rested

    def _answered_by_others(self):
        """The addresses for which other hosts than the holder answer, in words, once all hosts rest."""
        holders = {member.board.mac: member.wait() for member in self.members if not member.is_idle()}
        holders[self._avahi.host.mac] = self._avahi.wait(PEACE)
        found = []
        for mac, address in holders.items():
            answered = self._answers(address, mac) if address else "no host"
            if answered != {mac}:
                found.append(f"{address} of {mac} : {answered} answers")
        return found

    def _answers(self, address, mac):
        """The MACs that answer for the address. Waits until `mac` has answered, but at most ANSWER s."""
        asked = self._bench.wire.send(request(PEER, address))
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
    print(*soak.report(), f"{len(bench.capture.frames):,} frames, no violation", sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
