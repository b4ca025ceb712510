# SPDX-License-Identifier: MIT
"""The demonstration: boards and a Linux host claim addresses, then an adversary attacks one board.

demo.py BOARD [keep]: boards A and B are of this kind. If it is QEMU_MPS2, board C is a UNIX_TAP. keep: write
docs/demo.svg.

The boards, the host and the adversary send real frames on a bridge in a separate network namespace. The
checklist at the end uses only the capture. The capture, the logs and a picture are in build/demo.
"""

import contextlib
import itertools
import shutil
import sys
import threading
import time

from rich.console import Console
from rich.live import Live
from rich.table import Table
from scapy.layers.inet import ICMP, IP
from wire import checker
from wire.board import ROOT, Board, BoardError, QemuBoard
from wire.capture import Capture
from wire.frames import ADVERSARY_MAC, ECHO, ECHO_REPLY, announcement, is_arp
from wire.peers import AvahiAutoipd
from wire.wire import Wire

import autoip_view
from autoip_view.terminal import Timeline

TRACES = ROOT / "build" / "demo"
MAC_A = "28:cd:c1:0a:0b:0c"
MAC_B = "28:cd:c1:0a:0b:0d"
MAC_C = "28:cd:c1:0a:0b:0e"
QUICK = 200  # ms, the option `delay` of board B; the other boards use the default
PAUSE = 3  # s between the adversary's claims, shorter than DEFEND_INTERVAL
PLAIN_WIDTH = 110  # columns if the output is not a terminal
LATE = 1  # s by which the timers of a claim may be late on a busy machine
PICTURE = ROOT / "docs" / "demo.svg"  # the picture of docs/design.md


class Play:
    """The boards, the Linux host and the adversary, and their actions."""

    def __init__(self, closing, kind):
        self.wire = closing.enter_context(Wire())
        self.capture = Capture(self.wire, TRACES / "demo.pcap")
        closing.callback(self.capture.close)
        self.linux = self.wire.add_host()
        make = {"UNIX_TAP": Board, "QEMU_MPS2": QemuBoard}[kind]
        self.kind = kind
        self.a = self._board(closing, make, "board-a.log", MAC_A)
        self.b = self._board(closing, make, "board-b.log", MAC_B)
        self.boards = {"board A": self.a, "board B": self.b}
        if make is not Board:
            self.boards["board C"] = self._board(closing, Board, "board-c.log", MAC_C)
        self.macs = {name: board.mac for name, board in self.boards.items()} | {"Linux": self.linux.mac}
        self.contested = ""
        self.first_claim = self.second_claim = float("inf")
        self.start = time.time()
        self.avahi = AvahiAutoipd(self.linux, TRACES / "linux.log")
        closing.callback(self.avahi.close)

    def run(self, say):
        say(f"two {self.kind} boards and other hosts claim addresses; there is no DHCP server")
        for board in self.boards.values():
            board.start(delay=QUICK if board is self.b else 2000)
        bound = {board: board.expect("bound")["address"] for board in self.boards.values()}
        self.contested = bound[self.b]
        self.avahi.wait()
        say("they ping each other")
        self._ping()
        say(f"the adversary claims board B's address, {self.contested}")
        self.first_claim = self.wire.send(announcement(self.contested))
        time.sleep(PAUSE)
        self.linux.ping(self.contested)
        say("the adversary claims it again")
        self.second_claim = self.wire.send(announcement(self.contested))
        self.b.expect("lost")
        moved_to = self.b.expect("bound")["address"]
        say("board B has moved")
        self.linux.ping(moved_to)
        self.capture.wait_for_several(is_arp("announcement", MAC_B), 2, after=self.second_claim)

    def _board(self, closing, make, log, mac):
        board = make(self.wire, TRACES / log, mac=mac, sanitize=False)
        closing.callback(board.close)
        return board

    def _ping(self):
        addresses = [board.address for board in self.boards.values()]
        for board, own in zip(self.boards.values(), addresses, strict=True):
            self.linux.ping(own)
            for address in {self.avahi.address, *addresses} - {own}:
                board.ask(f"ping({address!r})")


class Evidence:
    """The points of the checklist. Each method returns the figures of a point, or None if the capture does
    not show the point.
    """

    def __init__(self, play):
        self._play = play
        self._capture = play.capture

    def points(self):
        for name, board in self._play.boards.items():
            if board is self._play.b:
                figures = self._claim(board.mac, QUICK / 2000, QUICK / 1000, 0.7)
                yield f"{name}, delay={QUICK}, claims an address quickly", figures
            else:
                yield f"{name}, default delay, claims an address", self._claim(board.mac, 1.0, 2.0, 7.0)
        yield "the Linux host claims an address", self._peer()
        yield "all addresses are different", self._different()
        for (who, source), (whom, target) in itertools.permutations(self._play.macs.items(), 2):
            yield f"{who} pings {whom}", self._ping(source, target)
        yield "board B defends its address against a claim", self._defence()
        yield "board B keeps its address", self._kept()
        yield "board B moves after a second claim within 10 s", self._move()
        yield (
            "board B answers at its new address",
            self._ping(self._play.linux.mac, MAC_B, self._play.second_claim),
        )
        yield "every frame of the boards is correct", self._in_order()

    def _claim(self, mac, shortest, longest, limit):
        announced = self._capture.announcements_of(mac)
        probed = [f for f in self._capture.probes_of(mac) if announced and f.time < announced[0].time]
        gaps = [later.time - earlier.time for earlier, later in itertools.pairwise(probed)]
        if len(gaps) != 2 or min(gaps) < shortest or max(gaps) > longest + LATE:
            return None
        took = announced[0].time - self._play.start
        return (
            f"{took:.2f} s, probes {gaps[0]:.3f} and {gaps[1]:.3f} s apart" if took < limit + LATE else None
        )

    def _peer(self):
        announced = self._capture.announcements_of(self._play.linux.mac)
        return f"{announced[0].time - self._play.start:.2f} s" if announced else None

    def _different(self):
        firsts = [self._capture.announcements_of(mac)[:1] for mac in self._play.macs.values()]
        addresses = {frame.arp.psrc for first in firsts for frame in first}
        return ", ".join(sorted(addresses)) if len(addresses) == len(firsts) else None

    def _ping(self, source, target, after=0):
        echoes = self._capture.select(lambda f: f.kind == "ICMP", after)
        asked = [f for f in echoes if f.source == source and f.packet[ICMP].type == ECHO]
        answers = [f for f in echoes if f.source == target and f.packet[ICMP].type == ECHO_REPLY]
        for frame, answer in itertools.product(asked, answers):
            ends = answer.packet[IP].dst, answer.packet[IP].src
            if ends == (frame.packet[IP].src, frame.packet[IP].dst) and answer.time >= frame.time:
                return f"{(answer.time - frame.time) * 1000:.2f} ms"
        return None

    def _between_claims(self, frames):
        return [f for f in frames if self._play.first_claim < f.time < self._play.second_claim]

    def _defence(self):
        defences = self._between_claims(self._capture.announcements_of(MAC_B))
        if [frame.arp.psrc for frame in defences] != [self._play.contested]:
            return None
        return f"one announcement, {(defences[0].time - self._play.first_claim) * 1000:.1f} ms later"

    def _kept(self):
        answered = self._ping(self._play.linux.mac, MAC_B, self._play.first_claim)
        moved = self._between_claims(self._capture.probes_of(MAC_B))
        return f"{self._play.contested} still answers" if answered and not moved else None

    def _move(self):
        announced = self._capture.announcements_of(MAC_B, self._play.second_claim)
        if not announced or any(frame.arp.psrc == self._play.contested for frame in announced):
            return None
        took = announced[0].time - self._play.second_claim
        return f"{self._play.contested} -> {announced[0].arp.psrc} in {took:.2f} s"

    def _in_order(self):
        macs = [board.mac for board in self._play.boards.values()]
        if checker.violations(self._capture.frames, macs):
            return None
        own = self._capture.select(lambda f: f.source in macs and not f.injected)
        arps = sum(f.arp is not None for f in own)
        return f"{len(own)} frames, {arps} are ARP, and all of these are broadcast"


def listening(story, frames):
    """Returns a function. Each call adds the frames that are new since the last call to the story."""
    heard = 0

    def listen():
        nonlocal heard
        for frame in frames[heard:]:
            story.add(frame.time, frame.raw)
            heard += 1

    return listen


@contextlib.contextmanager
def shown(timeline, console):
    """Print new lines of the timeline during the `with` block. A terminal also shows a panel with the
    addresses below the lines.
    """
    over = threading.Event()
    with contextlib.ExitStack() as closing:
        live = None
        if console.is_terminal:
            live = closing.enter_context(Live(timeline.holders(), console=console, auto_refresh=False))
        printer = threading.Thread(target=print_lines, args=(timeline, over, console, live))
        printer.start()
        try:
            yield
        finally:
            over.set()
            printer.join()


def print_lines(timeline, over, console, live):
    """Print new lines until `over` is set. The lines scroll above the live panel, if there is a panel."""
    printed = 0
    last = False
    while not last:
        last = over.wait(0.1)
        lines = timeline.follow()
        for line in lines[printed:]:
            console.print(line)
        printed = len(lines)
        if live:
            live.update(timeline.holders(), refresh=True)


def run(play, timeline):
    """Run the demonstration. If it ends early, the checklist shows what is missing."""

    def say(what):
        timeline.note(time.time(), what)

    try:
        play.run(say)
    except (BoardError, ConnectionError, TimeoutError) as error:
        say(f"stopped: {error}")


def judge(play, console):
    """Print the checklist. Returns whether the capture shows all points."""
    table = Table.grid(padding=(0, 2))
    missing = 0
    for point, figures in Evidence(play).points():
        missing += figures is None
        table.add_row("[red]✗[/]" if figures is None else "[green]✓[/]", point, figures or "[red]not seen[/]")
    console.print("", table, f"\ncapture, picture and logs: {TRACES.relative_to(ROOT)}/")
    return not missing


def main(board, keep=""):
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    with contextlib.ExitStack() as closing:
        play = Play(closing, board)
        story = autoip_view.Story()
        names = {mac: name for name, mac in play.macs.items()} | {ADVERSARY_MAC: "adversary"}
        more = listening(story, play.capture.frames)
        timeline = Timeline(story, names, play.start, more)
        with shown(timeline, console):
            run(play, timeline)
        good = judge(play, console)
    autoip_view.draw(story, TRACES / "demo.svg", names)
    if good and keep:
        shutil.copyfile(TRACES / "demo.svg", PICTURE)
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (ConnectionError, TimeoutError) as error:
        sys.exit(f"stopped: {error}")
