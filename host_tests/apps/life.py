# SPDX-License-Identifier: MIT
"""The life of a board that runs a program. A second board with a static address runs the same program."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from wire.frames import announcement
from wire.routable import PEER
from wire.waiting import wait_until

from .running import Running

STATIC = "169.254.99.99"
DELAY = 200  # of autoip, in ms: ten times faster than RFC 3927
LIMIT = 120  # s until a client gives up


class Answered(NamedTuple):
    """How long a client waited for an answer, in s. static: from the board with a static address."""

    step: str
    address: str
    seconds: float
    static: float


def is_late(answered):
    """Did the client wait much longer than for the static address? A busy machine slows both down."""
    return answered.seconds > 3 * answered.static + 20


class Life:
    """Two boards of a kind that run the same program: `board` with autoip, `static` with a static address.

    The time of `board` begins when it has its address, and that of `static` when its cable is in.
    """

    def __init__(self, bench, server, program, kind=None, **options):
        self.bench = bench
        self.server = server
        self.program = program
        self._options = {"delay": DELAY, **options}
        bench.by_hand.add(STATIC)
        self.board = bench.board(kind)
        self.static = bench.board(kind)
        self._pool = ThreadPoolExecutor(1)
        self._asked = None  # the client of the static board, while it waits for its answer
        self._running = [
            Running(board, program, name, PEER)
            for board, name in ((self.board, "autoip"), (self.static, "static"))
        ]

    def live(self, steps):
        """Go through the steps; returns what the clients saw."""
        try:
            return [answered for step in steps for answered in self.take(step)]
        finally:
            self.end()

    def end(self):
        self._pool.shutdown()
        for running in self._running:
            running.stop()

    def take(self, step):
        """Take a step, and have the clients of both boards wait for their answers."""
        named = step.__name__.replace("_", " ")
        print("step:", named)
        began, addresses = step(self)
        self._ask_static()
        seconds = [self.wait("autoip", addresses[0], began)]
        seconds += [self.wait("autoip", address) for address in addresses[1:]]
        static = self._asked.result()
        self._asked = None
        return [
            Answered(named, address, waited, static)
            for address, waited in zip(addresses, seconds, strict=True)
        ]

    def wait(self, name, address, began=None):
        """Let the client try until it gets its answer; returns the s since `began`."""
        began = began or time.time()
        deadline = time.time() + LIMIT
        while True:
            try:
                self.program.ask(name, address)
                return time.time() - began
            except Exception as error:
                if time.time() > deadline:
                    raise TimeoutError(f"no answer from {name} at {address}: {error!r}") from error
                time.sleep(0.05)

    def _ask_static(self):
        self._asked = self._asked or self._pool.submit(self.wait, "static", STATIC)

    # Steps

    def _cables(self, up):
        for board in (self.board, self.static):
            board.set_link(up)
        for board in (self.board, self.static):
            wait_until(lambda: board.ask("linked()") == up, "the driver does not see the cable")  # noqa: B023

    def _start_programs(self):
        for running in self._running:
            running.start()

    def _set_up(self):
        """Start the service and the programs, the cables being out."""
        self.static.run(f"nic.ifconfig(({STATIC!r}, '255.255.0.0', '0.0.0.0', {PEER!r}))")
        self.board.start(**self._options)
        self._start_programs()

    def _bound(self):
        """Put the cables in, and wait until the board has its address; returns what a step returns."""
        self._cables(True)
        self._ask_static()
        bound = self.board.expect("bound")
        return bound["time"], [bound["address"]]


# Each step returns when the time of the board with autoip begins, and its addresses.


def power_up(life):
    """The program starts before the board has an address."""
    life._cables(False)
    life._set_up()
    return life._bound()


@contextlib.contextmanager
def powered_up(bench, server, program):
    """The life of a board after power_up(). It ends with the block."""
    life = Life(bench, server, program)
    life.take(power_up)
    yield life
    life.end()


def flap(life):
    """The cable is unplugged and plugged in again."""
    life._cables(False)
    life.board.expect("suspended")
    return life._bound()


def moved(life):
    """Another host claims the address twice, so autoip claims a new address."""
    address = life.board.address
    life.bench.wire.send(announcement(address))
    life.board.expect("defended")
    life.bench.wire.send(announcement(address))
    life.board.expect("lost")
    bound = life.board.expect("bound")
    assert bound["address"] != address
    return bound["time"], [bound["address"]]


def lease(life):
    """A DHCP server starts. The board then has both addresses, or with `old` only the DHCP address."""
    life.server.start()
    life.board.run("nic.ipconfig(dhcp4=True)")
    wait_until(lambda: life.board.ask(life.board.LEASED), "no lease")
    began = time.time()
    leased = life.board.ask("nic.ifconfig()[0]")
    if "old" in life._options:
        life.board.expect("lost")
        return began, [leased]
    return began, [life.board.address, leased]


def server_gone(life):
    """The DHCP server stops. The cable is unplugged and plugged in again."""
    life.server.stop()
    if "old" not in life._options:
        return flap(life)
    life._cables(False)
    return life._bound()


def stopped_and_started(life):
    """autoip is stopped and started again."""
    life.board.run("svc.stop()")
    life.board.start(**life._options)
    bound = life.board.expect("bound")
    return bound["time"], [bound["address"]]


def soft_reset(life):
    """Both boards do a soft reset. Then autoip starts as from boot.py, and the program as from main.py."""
    life._cables(False)
    for running in life._running:
        running.stop()
        running.board.soft_reset()
    life._set_up()
    return life._bound()


STEPS = (power_up, flap, moved, lease, server_gone, stopped_and_started, soft_reset)
STEPS_WITH_OLD = (power_up, lease, server_gone)
