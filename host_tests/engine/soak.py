# SPDX-License-Identifier: MIT
"""Days of disturbances: boards on one link flap, leave, restart and get leases. An adversary attacks them.

Soak(seed).run(days) runs rounds of disturbances. Each round ends with a rest, a time without disturbances. At
the end of the rest, every board must be bound to a different address. The same seed gives the same frames, on
CPython and MicroPython.
"""

import gc
import sys
from binascii import crc32

import sim
from autoip import service
from sim import BROADCAST, TICKS_MAX, C, Link, Wire

MICROPYTHON = sys.implementation.name == "micropython"

HOUR = 3600000  # ms
DAY = 24 * HOUR
TURN = TICKS_MAX + 1  # ms after which the tick counter has the same value again: 12.4 days

# The length of a rest in ms. There is time for two pauses of the rate limit, because the first candidate of a
# board after a pause may be another board's address. There is also time for four claims of at most 9 s,
# because claims may conflict with each other.
RECOVERY = 2 * 61000 + 4 * 9000

# Options of the boards' services. The first two boards try the same address first.
BOARDS = (
    {"first": C},
    {"first": C, "delay": 200},
    {"old": True},
    {"old": True, "force": True},
    {"abandon": True},
    {"debug": True},
)


class Memory:
    """A store without a file. It keeps the address when the board restarts."""

    def __init__(self):
        self._host = -1

    def load(self):
        return self._host

    def save(self, host):
        self._host = host


class Reports:
    """Replaces `sys` in the service: an exception that the service would print ends the soak."""

    def print_exception(self, error):
        raise AssertionError("reported: %r" % error)


class Board:
    """A board, which runs a service or has stopped it. All boards share the module `service`. So before code
    of a board runs, enter() puts the state of this board into the module.
    """

    def __init__(self, soak, mac, options):
        self.soak = soak
        self.mac = mac
        self.up = True
        self.leased = False
        self.events = 0  # the events that its user got
        self._options = options
        self._store = Memory()
        self._running = []
        self._limits = {}
        self.start()

    def enter(self):
        service.running, service._limits = self._running, self._limits

    def start(self):
        self.enter()
        self.link = BoardLink(self)
        self.svc = service.Service(self.link, store=self._store, on_event=self._on_event, **self._options)

    def stop(self):
        self.enter()
        self.svc.stop()
        assert not self._running
        self.svc = None

    def reset(self):
        """A soft reset: the firmware closes the link while the service runs. Then a new service starts."""
        self.link.close()
        self._running.clear()
        self._limits.clear()
        self.start()

    def plug(self, up):
        self.up = up
        self.link.carrier(up)

    def lease(self, present):
        self.leased = present
        self.link.other_address(present)

    def wanted(self):
        """The state that the service must have at the end of a rest."""
        gives_way = self._options.get("old") and not self._options.get("force")
        return "idle" if self.leased and gives_way else "bound"

    def check(self):
        """Check what must be true at any time."""
        svc = self.svc
        if svc:
            assert svc._machine.held() == self.link.address
            for number in list(svc.stats().values()) + self._limits["w0"]:
                assert -1 <= number < TURN, (svc, self._limits)
            if self.up and svc.state in ("waiting", "probing"):
                assert 0 <= self.link.due() <= 60001, "stuck: " + svc.state

    def check_rest(self):
        assert self.svc.state == self.wanted(), (self.svc, self._limits)
        assert self._running == [self.svc] and len(self._limits) == 1 and not self.link._queue

    def _on_event(self, event, svc):
        self.events += 1
        assert self.svc is svc and (event != "bound" or svc.address)


class BoardLink(Link):
    """A link that also answers ARP Requests like lwIP."""

    def __init__(self, owner):
        self._owner = owner
        super().__init__(owner.soak.wire, owner.mac)
        self.carrier(owner.up)
        self.other_address(owner.leased)

    def on_frame(self, frame):
        if self._owner.up:
            self.answer(frame)
            super().on_frame(frame)

    def due(self):
        # The firmware has no timer while the cable is out.
        return super().due() if self._owner.up or self._scheduled else -1

    def act(self):
        self._owner.enter()
        super().act()

    def assign(self, frame):
        assigned = super().assign(frame)
        self._owner.soak.check_addresses()
        return assigned


class Hostile(sim.Adversary):
    """Denies, announces or probes the address in a part of the frames that it receives. share: this part, in
    percent.
    """

    def __init__(self, wire, random):
        super().__init__(wire, self._on_frame)
        self.share = 0
        self._random = random

    def _on_frame(self, frame):
        if self._random(0, 99) < self.share:
            host = sim.target(frame)
            kind = self._random(0, 2)
            if kind == 0:
                attack = sim.denial(self.hwaddr, host, BROADCAST)
            elif kind == 1:
                attack = sim.announcement(self.hwaddr, host)
            else:
                attack = sim.probe(self.hwaddr, host)
            self.wire.at(self.wire.now + self._random(0, 300), self._send, attack)

    def _send(self, frame):
        self.wire.send(self, frame)


class Soak:
    """The boards, the adversary, and the disturbances."""

    def __init__(self, seed):
        self.random = sim.Random(seed)
        # The counter wraps on the first day, and every 12.4 days after that.
        self.wire = Wire(TICKS_MAX - DAY // 2, latency=1)
        sim.power_up(self.wire, seed)
        service.sys = Reports()
        self.hostile = Hostile(self.wire, self.random)
        self.boards = []
        for i in range(len(BOARDS)):
            self.boards.append(Board(self, b"\x02\x00\x00\x00\x02" + bytes((i,)), BOARDS[i]))
        self.away = None  # the board that is unplugged for a long time, also during rests
        self.digest = 0  # a digest of all frames and their times
        self.frames = 0
        self.happened = {}  # name of a disturbance -> how often it happened
        self.rests = 0
        self.wraps = 0  # wraps of the tick counter
        self.used = []  # used() at the first rest of each day

    def run(self, days):
        try:
            while self.wire.now < days * DAY:
                for _ in range(self.random(1, 20)):
                    self._disturb()
                    self._go_on()
                self._rest()
        finally:
            service.sys = sys
            service.running, service._limits = [], {}

    # Disturbances

    def flap(self, board):
        board.plug(False)
        board.plug(True)

    def cable(self, board):
        board.plug(not board.up)

    def lease(self, board):
        board.lease(not board.leased)

    def restart(self, board):
        if board.svc:
            board.stop()
        else:
            board.start()

    def soft_reset(self, board):
        board.reset()

    def power_cut(self, _):
        for board in self.boards:
            board.reset()

    def driver_fails(self, board):
        board.link.refuse = self.random(1, 30)

    def conflict(self, board):
        """One or two conflicts, perhaps with the MAC of another board."""
        forged = (sim.FOREIGN, self._any_board().mac)[self.random(0, 1)]
        for _ in range(self.random(1, 2)):
            if board.svc:
                self.wire.send(None, sim.announcement(forged, board.svc._machine.host))

    def siege(self, _):
        self.hostile.share = (0, 20, 100)[self.random(0, 2)]

    def leave(self, board):
        """A board's cable is out for hours, the first time until the tick counter has nearly wrapped."""
        self.away = board
        board.plug(False)
        ms = TURN - 30000 if self.happened["leave"] == 1 else self.random(HOUR, DAY)
        self.wire.at(self.wire.now + ms, self._come_back)

    def _come_back(self, _):
        self.away.plug(True)
        self.away = None

    def _disturb(self):
        name = DISTURBANCES[self.random(0, len(DISTURBANCES) - 1)]
        board = self._any_board()
        if not self.away or (board is not self.away and name != "leave"):
            self.happened[name] = self.happened.get(name, 0) + 1
            getattr(self, name)(board)

    def _any_board(self):
        return self.boards[self.random(0, len(self.boards) - 1)]

    def _go_on(self):
        # The next disturbance comes during a claim, within 10 s after a defence, during a pause of the rate
        # limit, or much later.
        ms = self.random(0, (3000, 12000, 70000, 3 * HOUR)[self.random(0, 3)])
        before_wrap = TURN - self.wire.ticks() - self.random(0, 70000)
        if 0 <= before_wrap < ms:
            # Make all boards claim an address, or wait in a pause, while the tick counter wraps.
            self.wraps += 1
            self._pass(before_wrap)
            self.hostile.share = 100
            self.power_cut(None)
            ms = 120000
        self._pass(ms)

    # Checks

    def check_addresses(self):
        held = [board.link.address for board in self.boards if board.link.address >= 0]
        assert len(set(held)) == len(held), "two boards have one address"

    def _pass(self, ms):
        self.wire.sleep(ms)
        for board in self.boards:
            board.check()

    def _rest(self):
        self.hostile.share = 0
        resting = [board for board in self.boards if board is not self.away]
        for board in resting:
            board.link.refuse = 0
            if not board.svc:
                board.start()
            if not board.up:
                board.plug(True)
        self._pass(RECOVERY)
        for board in resting:
            board.check_rest()
        self.check_addresses()
        self._forget()
        self.rests += 1
        if self.wire.now >= len(self.used) * DAY:
            self.used.append(used())

    def _forget(self):
        # Clear the lists that the wire and the links record for other tests.
        for ms, frame in self.wire.trace:
            self.digest = crc32(frame, self.digest ^ ms & 0xFFFF)
        self.frames += len(self.wire.trace)
        self.wire.trace.clear()
        for board in self.boards:
            board.link.calls.clear()


DISTURBANCES = (
    "flap",
    "cable",
    "lease",
    "restart",
    "soft_reset",
    "power_cut",
    "driver_fails",
    "conflict",
    "siege",
    "leave",
)


def used():
    """The memory in use: bytes of MicroPython's heap, blocks of memory on CPython."""
    gc.collect()
    if MICROPYTHON:
        return gc.mem_alloc()
    return sys.getallocatedblocks()
