# SPDX-License-Identifier: MIT
"""Random sequences of all events of an interface, on the real stack with sanitizers."""

import collections
import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from .frames import announcement, request
from .hypothesis_settings import ON_THE_WIRE

pytestmark = pytest.mark.only("unix", "UNIX_TAP has the sanitizers")

STATIC = "10.0.0.99"
PEER = "169.254.7.7"
TRIES = 20  # until the board rests
QUIET = 0.02  # s in which a board would have answered


class Interface:
    """A board and what the test knows of its routable address."""

    def __init__(self, bench):
        self._bench = bench
        self._server = bench.dhcp()
        self._server.host.run("ip", "addr", "add", f"{PEER}/16", "dev", "eth0")
        self._server.start()
        self.board = bench.board()
        self.reached = collections.Counter()  # states, and events in these states
        self._situation = "no service"
        self._lease = None
        self._held = set()  # reached in this sequence
        self.board.run("svc = None")
        self.board.run("nic.ipconfig(dhcp4=False)")

    # Events. hypothesis draws them by their names.

    def start(self):
        self._start("")

    def start_old(self):
        self._start(", old=True")

    def start_old_force(self):
        self._start(", old=True, force=True")

    def stop(self):
        self.board.run("autoip.stop()")

    def dhcp(self):
        self.board.run("nic.ipconfig(dhcp4=True)")

    def release(self):
        self.board.run("nic.ipconfig(dhcp4=False)")

    def static(self):
        self.board.run(f"nic.ifconfig(('{STATIC}', '255.255.255.0', '10.0.0.1', '0.0.0.0'))")

    def no_static(self):
        self.board.run(f"nic.ifconfig()[0] == '{STATIC}' and nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")

    def unplug(self):
        self.board.set_link(False)
        self._wait_until("nic.status() < 2")

    def flap(self):
        self.unplug()
        self.plug()

    def plug(self):
        self.board.set_link(True)
        self._wait_until("nic.status() != 1")

    def deactivate(self):
        self.board.run("nic.active(False)")

    def activate(self):
        self.board.run("nic.active(True)")

    def conflict(self):
        address = self.board.ask("svc and svc.address")
        if address:
            self._bench.wire.send(announcement(address))

    def pause(self):
        time.sleep(0.15)

    def settle(self):
        """Wait until a claim and DHCP have finished, if they do."""
        self._wait_until(f"not ({_UNSETTLED})")

    # What must be true after each event

    def check(self, event):
        # The address may change while the board evaluates this, so it reads the address twice.
        leased, before, shown, state, after = self.board.ask(
            "(nic.ipconfig('has_dhcp4'), svc and svc.address, nic.ifconfig()[0],"
            " svc and svc.state, svc and svc.address)"
        )
        if leased:
            assert shown.startswith("10.0.0.") and shown != STATIC
        if event in OURS and self._lease:
            assert leased and shown == self._lease, "a lost lease"
        self._lease = shown if leased else None
        assert shown in (before, after, STATIC, "0.0.0.0") or shown.startswith("10.0.0."), shown
        self._held |= {before, after} - {None}
        self._count(event, "a lease" if leased else "static" if shown == STATIC else "", after, state)

    def check_answers(self):
        """The address that is held answers. The addresses that were held before do not answer."""
        for _ in range(TRIES):
            address = self._address()
            self._held |= {address} - {None}
            former = self._answering(self._held - {address})
            answers = address is None or self._server.host.ping(address, timeout=1)
            if answers and not former:
                return
            time.sleep(QUIET)
        raise AssertionError(f"{address} answers: {answers}, former addresses that answer: {former}")

    def reset(self):
        """Return to an interface without addresses. The service must leave nothing behind."""
        self._lease = None
        self.stop()
        assert not self.board.ask("nic.ifconfig()[0]").startswith("169.254.")
        self.plug()
        self.activate()
        self.release()
        self.board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
        assert not self._answering(self._held)
        self._held.clear()
        self._situation = "no service"
        # Conflicts of this sequence must not count in the next one.
        self.board.run("from autoip import service; service._limits.clear()")

    def _count(self, event, routable, address, state):
        self.reached[f"{event} while {self._situation}"] += 1
        self._situation = " with ".join(
            filter(None, ("held" if address else state or "no service", routable))
        )
        self.reached[self._situation] += 1

    def _wait_until(self, expression):
        """Waits at most a second by the board's clock. The driver checks the cable every 64 ms."""
        self.board.ask(f"until(lambda: {expression}, 1000)")

    def _address(self):
        return self.board.ask("svc and svc.address")

    def _answering(self, addresses):
        """The addresses that answer ARP or a ping, or from which the board sends an ARP Request for the
        sender of the ping.
        """
        sent = time.time()
        for address in addresses:
            self._bench.wire.send(request(PEER, address, self._server.mac))
            ping = IP(src=PEER, dst=address) / ICMP()
            self._bench.wire.send(Ether(src=self._server.mac, dst=self.board.mac) / ping)
        time.sleep(QUIET)
        frames = self._bench.capture.select(lambda f: f.source == self.board.mac, sent)
        used = {
            f.arp.psrc if f.arp is not None else f.packet[IP].src
            for f in frames
            if f.arp is not None or IP in f.packet
        }
        return used & set(addresses)

    def _start(self, options):
        self.board.run(
            "try:\n"
            f"    svc = start(nic, delay=1{options})\n"
            "except OSError as error:\n"
            "    if error.errno not in (errno.EALREADY, errno.ENODEV): raise"
        )


_UNSETTLED = (
    "nic.status() > 1 and (bool(svc) and svc.state in ('waiting', 'probing')"
    " or nic.ipconfig('dhcp4') and not nic.ipconfig('has_dhcp4'))"
)

# Events that don't concern the routable address.
OURS = {"start", "start_old", "start_old_force", "stop", "conflict", "pause"}
CHECKS = ("check", "check_answers", "reset")
EVENTS = [name for name in vars(Interface) if not name.startswith("_") and name not in CHECKS]

# Most sequences start in a state with two addresses, which random events hardly reach.
OPENINGS = [
    [],
    ["start", "settle"],
    ["static", "start", "settle"],
    ["dhcp", "settle", "start", "settle"],
    ["start", "settle", "dhcp", "settle"],
    ["dhcp", "settle", "start_old", "settle"],
    ["dhcp", "settle", "start_old_force", "settle"],
]
# The first event in this state. After it, any event may follow.
TURNS = ["conflict", "flap", "release", "static", "deactivate", "stop"]
# All of these must be reached.
SITUATIONS = [
    "held",
    "held with a lease",
    "held with static",
    "idle with a lease",
    "idle with static",
    "conflict while held",
    "conflict while held with a lease",
    "conflict while held with static",
    "flap while held",
    "flap while held with a lease",
    "release while held with a lease",
    "static while held with a lease",
    "deactivate while held with a lease",
    "stop while held with a lease",
    "release while idle with a lease",
]


def test_random_sequences_of_events(bench):
    interface = Interface(bench)
    interface.board.run("import errno, gc")
    starts = itertools.cycle(itertools.product(OPENINGS, TURNS))
    heap = []

    @settings(ON_THE_WIRE, max_examples=100)
    @given(st.lists(st.sampled_from(EVENTS), min_size=4, max_size=12))
    def sequence(events):
        opening, turn = next(starts)
        for event in [*opening, turn, *events]:
            getattr(interface, event)()
            interface.check(event)
        interface.check_answers()
        interface.reset()
        interface.board.run("svc = None; gc.collect()")
        heap.append(interface.board.ask("gc.mem_alloc()"))

    sequence()
    assert max(heap[50:]) <= max(heap[10:50]) + 256, heap
    for situation, count in sorted(interface.reached.items()):
        print(f"{count:5} {situation}")
    print(f"{len(heap)} sequences, heap {heap[10]} -> {heap[-1]} bytes")
    assert not set(SITUATIONS) - set(interface.reached)
