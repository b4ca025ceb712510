# SPDX-License-Identifier: MIT
"""Who has which address at the end, if all want the same one: four situations, each played by any
participants.
"""

import contextlib
import time
from typing import NamedTuple

import participants
from wire.capture import Capture
from wire.waiting import PATIENCE
from wire.wire import Wire

CALM = 9  # s without a change, after which no change can follow: the longest claim, RFC 3927 2.2.1 and 2.4
LIMIT = 60  # s until all addresses must be stable
X = "169.254.7.9"  # a host that asks for the address
_STEP = 0.1  # s between two checks of all addresses


class Outcome(NamedTuple):
    """first: the address that all wanted. seconds: from the start of the situation until the last change.

    owner: who had the address first.
    """

    first: str
    holders: dict  # name -> address at the end, or None
    seconds: float
    moved: tuple  # names of those that had the address first, and have another address at the end
    owner: str = ""

    def holders_of_first(self):
        return [name for name, address in self.holders.items() if address == self.first]

    def shared(self):
        """The addresses that more than one participant holds at the end."""
        held = [address for address in self.holders.values() if address]
        return {address for address in held if held.count(address) > 1}

    def errors(self):
        """One line for each error, RFC 3927 2.2.1 and 2.5.

        A peer may give up the address that it had: dhcpcd does this when it is probed three times.
        """
        for address in sorted(self.shared()):
            yield f"{address} has two holders in the end"
        for name, address in self.holders.items():
            if not address:
                yield f"{name} has no address"
        if self.owner in participants.BOARDS and self.owner in self.moved:
            yield f"{self.owner} had {self.first} first, and moved"


class _Stage:
    """Participants on one wire, or each on its own wire."""

    def __init__(self, closing, names, folder, first, apart):
        bridges = [f"br{i}" for i in range(len(names))] if apart else ["br0"]
        self.first, self._bridges = first, bridges
        self.wire = closing.enter_context(Wire(bridges))
        closing.enter_context(contextlib.closing(Capture(self.wire, folder / "br0.pcap")))
        self.all = {}
        for name, bridge in zip(names, bridges if apart else bridges * len(names), strict=True):
            self.all[name] = participants.make(name, self.wire, folder, bridge, first)
            closing.callback(self.all[name].close)
        self._asker = self.wire.add_host(f"{X}/16")

    def start(self, names):
        for name in names:
            self.all[name].start(self.first)

    def join(self):
        self.wire.join(self._bridges)

    def addresses(self):
        return {name: each.address for name, each in self.all.items()}

    def settle(self, names, ask=False):
        """Wait until the addresses of these participants change no more. Returns the time of the last change.

        ask: during this time, a host asks for the first address once per second.
        """
        began = changed = time.time()
        known, asked = self.addresses(), began
        while time.time() < began + LIMIT:
            now = self.addresses()
            if now != known:
                known, changed = now, time.time()
            if all(known[name] for name in names) and time.time() > changed + CALM:
                break
            if ask and time.time() > asked + 1:
                asked = time.time()
                self._asker.run("ip", "neigh", "flush", "dev", "eth0")
                self._asker.ping(self.first, timeout=1)
            time.sleep(_STEP)
        return changed


def one_after_the_other(folder, first, early, late):
    """The participant of `early` holds the address when those of `late` start."""
    with contextlib.ExitStack() as closing:
        stage = _Stage(closing, (*early, *late), folder, first, apart=False)
        stage.start(early)
        stage.settle(early)
        before, began = stage.addresses(), time.time()
        stage.start(late)
        outcome = _outcome(stage, before, began, stage.settle((*early, *late)))
        return outcome._replace(owner=early[0])


def at_the_same_time(folder, first, names):
    with contextlib.ExitStack() as closing:
        stage = _Stage(closing, names, folder, first, apart=False)
        before, began = stage.addresses(), time.time()
        stage.start(names)
        return _outcome(stage, before, began, stage.settle(names))


def links_joined(folder, first, names):
    """Each participant holds the address on its own link. The links are joined, and a host asks for the
    address.
    """
    with contextlib.ExitStack() as closing:
        stage = _Stage(closing, names, folder, first, apart=True)
        stage.start(names)
        stage.settle(names)
        before = stage.addresses()
        assert set(before.values()) == {first}, before
        began = time.time()
        stage.join()
        return _outcome(stage, before, began, stage.settle(names, ask=True))


def _outcome(stage, before, began, changed):
    after = stage.addresses()
    moved = tuple(name for name in after if before[name] == stage.first != after[name])
    return Outcome(stage.first, after, max(changed - began, 0), moved)


def first_address(folder):
    """The first choice of dhcpcd, which has no option for it."""
    with Wire() as wire:
        return participants.first_choice_of_dhcpcd(wire, folder)


assert CALM < LIMIT <= PATIENCE
