# SPDX-License-Identifier: MIT
"""The steps that each program is tested with, such as an unplugged cable. Two boards run the program: one
uses autoip, the other has a static address.
"""

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
LIMIT = 120  # s after which a client gives up


class Answered(NamedTuple):
    """How long a client waited for an answer, in s. static: its wait for the board with a static address."""

    step: str
    address: str
    seconds: float
    static: float


def is_late(answered):
    """Whether the client waited much longer than for the static address. A busy machine slows both down."""
    return answered.seconds > 3 * answered.static + 20


class Scenario:
    """Two boards of a kind that run the same program: `board` with autoip, `static` with a static address.

    The time for `board` starts when the board has its address. The time for `static` starts when its cable is
    plugged in.
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

    def run(self, steps):
        """Take the steps. Returns an Answered for each step and each address."""
        try:
            return [answered for step in steps for answered in self.take(step)]
        finally:
            self.end()

    def end(self):
        self._pool.shutdown()
        for running in self._running:
            running.stop()

    def take(self, step):
        """Take a step, and wait until both boards' clients have their answers. Returns a list of Answered."""
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
        """Repeat the client's request until it gets the right answer. Returns the s since `began`."""
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
        """Start the service and the programs while the cables are unplugged."""
        self.static.run(f"nic.ifconfig(({STATIC!r}, '255.255.0.0', '0.0.0.0', {PEER!r}))")
        self.board.start(**self._options)
        self._start_programs()

    def _bound(self):
        """Plug the cables in, and wait until the board has its address. Returns what a step returns."""
        self._cables(True)
        self._ask_static()
        bound = self.board.expect("bound")
        return bound["time"], [bound["address"]]


# Each step returns (the time from which the board with autoip is measured, the addresses of the board).


def power_up(scenario):
    """The program starts before the board has an address."""
    scenario._cables(False)
    scenario._set_up()
    return scenario._bound()


@contextlib.contextmanager
def powered_up(bench, server, program):
    """A Scenario after power_up(). The `with` block ends it."""
    scenario = Scenario(bench, server, program)
    scenario.take(power_up)
    yield scenario
    scenario.end()


def flap(scenario):
    """The cable is unplugged and plugged in again."""
    scenario._cables(False)
    scenario.board.expect("suspended")
    return scenario._bound()


def moved(scenario):
    """Another host claims the address twice, so autoip claims a new address."""
    address = scenario.board.address
    scenario.bench.wire.send(announcement(address))
    scenario.board.expect("defended")
    scenario.bench.wire.send(announcement(address))
    scenario.board.expect("lost")
    bound = scenario.board.expect("bound")
    assert bound["address"] != address
    return bound["time"], [bound["address"]]


def lease(scenario):
    """A DHCP server starts. The board has both addresses, but only the DHCP address with the option `old`."""
    scenario.server.start()
    scenario.board.run("nic.ipconfig(dhcp4=True)")
    wait_until(lambda: scenario.board.ask(scenario.board.LEASED), "no lease")
    began = time.time()
    leased = scenario.board.ask("nic.ifconfig()[0]")
    if "old" in scenario._options:
        scenario.board.expect("lost")
        return began, [leased]
    return began, [scenario.board.address, leased]


def server_gone(scenario):
    """The DHCP server stops. The cable is unplugged and plugged in again."""
    scenario.server.stop()
    if "old" not in scenario._options:
        return flap(scenario)
    scenario._cables(False)
    return scenario._bound()


def stopped_and_started(scenario):
    """autoip is stopped and started again."""
    scenario.board.run("svc.stop()")
    scenario.board.start(**scenario._options)
    bound = scenario.board.expect("bound")
    return bound["time"], [bound["address"]]


def soft_reset(scenario):
    """Both boards do a soft reset. The test starts autoip and the program, as boot.py and main.py would."""
    scenario._cables(False)
    for running in scenario._running:
        running.stop()
        running.board.soft_reset()
    scenario._set_up()
    return scenario._bound()


STEPS = (power_up, flap, moved, lease, server_gone, stopped_and_started, soft_reset)
STEPS_WITH_OLD = (power_up, lease, server_gone)
