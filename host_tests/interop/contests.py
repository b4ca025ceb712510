# SPDX-License-Identifier: MIT
"""Situations in which several participants try to claim the same address, and which addresses they have at
the end.
"""

import contextlib
import time
from typing import NamedTuple

import participants
from wire.capture import Capture
from wire.waiting import PATIENCE
from wire.wire import Wire

# s without a change after which the addresses are final. No claim takes longer (RFC 3927 2.2.1 and 2.4).
CALM = 9
LIMIT = 60  # s after which all addresses must be stable
X = "169.254.7.9"  # the host that sends ARP requests for the address
_STEP = 0.1  # s between two checks of all addresses


class Outcome(NamedTuple):
    """first: the address that all participants tried to claim. seconds: from the start of the situation to
    the last change. owner: the name of the participant that had the address first.
    """

    first: str
    holders: dict  # name -> address at the end, or None
    seconds: float
    moved: tuple  # names of participants that had `first` before, and have another address at the end
    owner: str = ""

    def holders_of_first(self):
        return [name for name, address in self.holders.items() if address == self.first]

    def shared(self):
        """The addresses that more than one participant holds at the end."""
        held = [address for address in self.holders.values() if address]
        return {address for address in held if held.count(address) > 1}

    def errors(self):
        """Yields a line for each violation of RFC 3927 2.2.1 or 2.5.

        A peer is allowed to move. For example, dhcpcd gives up its address if another host probes it three
        times.
        """
        for address in sorted(self.shared()):
            yield f"{address} has two holders at the end"
        for name, address in self.holders.items():
            if not address:
                yield f"{name} has no address"
        if self.owner in participants.BOARDS and self.owner in self.moved:
            yield f"{self.owner} had {self.first} first, and moved"


class _Stage:
    """Participants on one link, or each on its own link."""

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
        """Wait until the addresses of these participants are stable. Returns the time of the last change.

        ask: meanwhile, a host sends an ARP request for the first address once per second.
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
    """The participants in `late` start when the participants in `early` have their addresses."""
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
    """Each participant holds the address on its own link. Then the links are joined, and a host sends
    ARP requests for the address.
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
    """The first address that dhcpcd tries. dhcpcd has no option to set it."""
    with Wire() as wire:
        return participants.first_choice_of_dhcpcd(wire, folder)


assert CALM < LIMIT <= PATIENCE
