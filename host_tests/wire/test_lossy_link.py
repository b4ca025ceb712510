# SPDX-License-Identifier: MIT
"""Boards on a link that loses, delays, repeats and reorders frames, and that splits and merges. Hosts clone
addresses.

Like engine/cpython/test_lossy_link.py, but with the firmware: with all ARP packets of lwIP, and in real time.
"""

import time

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from .frames import ADVERSARY_MAC, BROADCAST, Frame, announcement, is_arp, probe, reply, request
from .hypothesis_settings import ON_THE_WIRE
from .relay import Relay
from .waiting import QUIET

BRIDGES = ("br0", "br1", "br2")  # one per board; a relay connects them
CLONER = "02:00:00:00:00:05"
PEER = "169.254.7.9"
CLONES = 3  # addresses that are cloned in one sequence
# s after the last disturbance: two pauses of the rate limit; claims take less than a second with these delays
PEACE = 2 * 61 + 8
CLAIM = 0.3  # s, in which a board claims an address with these delays
ENOUGH = 60  # s; no sequence starts later

# All of these must happen.
DISTURBANCES = set("lost late split merged flapped left stopped wanted cloned attacked".split())

KINDS = (
    lambda address, mac: announcement(address, mac),
    lambda address, mac: probe(address, mac),
    lambda address, mac: request(address, PEER, mac),
    lambda address, mac: reply(address, "0.0.0.0", BROADCAST, mac),
)


class LossyLink:
    """The boards and their link. `reached`: the names of what happened to them."""

    def __init__(self, bench):
        self.bench = bench
        self.boards = [bench.board(tap=bench.wire.add_tap(bridge)) for bridge in BRIDGES]
        self.relay = Relay(bench.wire, BRIDGES, self._clone)
        self.reached = set()
        self.sequences = 0
        self.shared = 0  # addresses for which two boards answered after the last disturbance
        self.share = 0  # percent of the probes whose address is cloned
        self._cloned = set()
        for board, bridge in zip(self.boards, BRIDGES, strict=True):
            board.bridge = bridge
            board.run("svc = None; from autoip import service")
            board.run("nic.ipconfig(dhcp4=False)")

    def start(self, delays):
        """Start a sequence: stop all services, and start new ones together, with these delays in ms."""
        self.sequences += 1
        self._cloned.clear()
        for board in self.boards:
            board.run("autoip.stop(); service._limits.clear()")
            board.plugged = True
        for board, delay in zip(self.boards, delays, strict=True):
            board.delay = delay
            board.start(delay=delay)

    def end_disturbances(self):
        self.relay.perfect()
        self.share = 0
        for board in self.boards:
            if not board.plugged:
                self.plug(board, True)
            if board.ask("svc.state") == "stopped":
                board.start(delay=board.delay)

    def plug(self, board, plugged):
        board.plugged = plugged
        board.set_link(plugged)
        board.until("nic.status() > 1" if plugged else "nic.status() < 2", PEACE)

    def flap(self, board):
        self.plug(board, False)
        self.plug(board, True)

    def attack(self, kind, board, mac):
        """A host uses the address that the board claims or holds."""
        address = board.ask("svc._machine.host")
        self._send(kind("169.254.%d.%d" % divmod(address, 256), mac))

    def held(self):
        """MAC -> address of all boards, once each has an address."""
        for board in self.boards:
            board.until("svc.address", PEACE)
        return {board.mac: board.address for board in self.boards}

    def answered_by_others(self):
        """The addresses for which other hosts than the holder answer."""
        held = self.held()
        wrong = []
        for mac, address in held.items():
            if not address:  # lost since the start of this check
                wrong.append((mac, address))
                continue
            asked = time.time()
            self._send(request(PEER, address))
            time.sleep(QUIET / 3)
            answered = {
                frame.source
                for capture in self.bench.captures
                for frame in capture.select(is_arp("reply", spa=address), asked)
            }
            if answered != {mac}:
                wrong.append((mac, address, answered))
        return wrong

    def _send(self, frame):
        for bridge in BRIDGES:
            self.bench.wire.send(frame, bridge)

    def _clone(self, raw):
        # A host claims the address of a probe, and answers for all addresses that it has claimed.
        frame = Frame(0, raw, False)
        if frame.arp is None or frame.kind not in ("probe", "request"):
            return
        address = frame.arp.pdst
        if len(self._cloned) < CLONES and self.relay.chance.random() * 100 < self.share:
            self._cloned.add(address)
            self.reached.add("cloned")
        if address in self._cloned:
            self._send(reply(address, frame.arp.psrc, frame.source, CLONER))


def sequences(link, ends):
    """The state machine of all sequences of these boards."""
    boards = st.sampled_from(link.boards)

    class Sequence(RuleBasedStateMachine):
        @initialize(delays=st.tuples(*[st.sampled_from((1, 10, 50))] * len(BRIDGES)))
        def start(self, delays):
            self.over = time.monotonic() > ends
            if not self.over:
                link.start(delays)

        def happens(self, name):
            if not self.over:
                link.reached.add(name)
            return not self.over

        @rule(ms=st.sampled_from((1, 20, 200)))
        def time_passes(self, ms):
            if not self.over:
                time.sleep(ms / 1000)

        @rule(loss=st.sampled_from((0, 30, 100)))
        def frames_are_lost(self, loss):
            if self.happens("lost"):
                link.relay.loss = loss

        @rule(delay=st.sampled_from((0, 0.005, 0.06)), repeats=st.sampled_from((0, 100)))
        def frames_are_late_and_repeated(self, delay, repeats):
            if self.happens("late"):
                link.relay.delay, link.relay.repeats = delay, repeats

        @rule(sides=st.integers(1, 3))
        def split(self, sides):
            if self.happens("split"):
                link.relay.side = {bridge: sides >> i & 1 for i, bridge in enumerate(BRIDGES)}

        @rule()
        def merge(self):
            if self.happens("merged"):
                link.relay.side = dict.fromkeys(BRIDGES, 0)

        @rule(board=boards)
        def flap(self, board):
            if self.happens("flapped"):
                link.flap(board)

        @rule(board=boards)
        def join_or_leave(self, board):
            if self.happens("left"):
                link.plug(board, not board.plugged)

        @rule(board=boards)
        def stop_or_start(self, board):
            if self.happens("stopped"):
                if board.ask("svc.state") == "stopped":
                    board.start(delay=board.delay)
                else:
                    board.run("svc.stop()")

        @rule(first=boards, second=boards, apart=st.booleans())
        def two_want_one_address(self, first, second, apart):
            if self.happens("wanted"):
                if apart:
                    link.relay.side[second.bridge] = 1 - link.relay.side[first.bridge]
                host = first.ask("svc._machine.host")
                second.run("svc.stop()")
                second.start(delay=second.delay, ip="169.254.%d.%d" % divmod(host, 256))
                if apart:
                    time.sleep(CLAIM)

        @rule(share=st.sampled_from((0, 50)))
        def addresses_are_cloned(self, share):
            link.share = share

        @rule(board=boards, kind=st.sampled_from(KINDS), forged=st.none() | boards)
        def hostile_frame(self, board, kind, forged):
            if self.happens("attacked"):
                link.attack(kind, board, forged.mac if forged else ADVERSARY_MAC)

        def teardown(self):
            """After the last disturbance all boards are bound in time, and their addresses differ."""
            if not getattr(self, "over", True):
                link.end_disturbances()
                until = time.monotonic() + PEACE
                while wrong := link.answered_by_others():
                    link.shared += 1
                    assert time.monotonic() < until, wrong

    return Sequence


def test_after_the_last_disturbance_all_boards_have_different_addresses(bench_of_three):
    link = LossyLink(bench_of_three)
    try:
        run_state_machine_as_test(
            sequences(link, time.monotonic() + ENOUGH),
            settings=settings(ON_THE_WIRE, max_examples=80, stateful_step_count=15),
        )
    finally:
        link.relay.close()
    conflicts = sum(board.log.read_text().count(": conflict ") for board in link.boards)
    print(f"{link.sequences} sequences, {conflicts} conflicts, {link.shared} addresses of two boards")
    assert link.sequences > 3 and not DISTURBANCES - link.reached
