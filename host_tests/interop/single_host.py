# SPDX-License-Identifier: MIT
"""What each implementation does if it is alone on a link with an adversary, observed from another host."""

import contextlib
import itertools
import statistics
import time

import participants
from wire.capture import Capture
from wire.frames import ADVERSARY_MAC, BROADCAST, announcement, is_arp, probe, reply, request
from wire.waiting import wait_until
from wire.wire import Wire

X = "169.254.7.9"
ROUTABLE, ROUTABLE_HOST = "10.0.0.99", "10.0.0.1"
STARTS = 5
DENIED = 140  # s during which the adversary denies every candidate
_CLAIM = 14  # s in which even the slowest implementation, zcip, claims an address
_ANNOUNCED = 5  # s from the assignment of an address to the last announcement


class _Alone:
    """One or several hosts with the same implementation, on a link with a capture."""

    def __init__(self, closing, name, folder, count=1):
        self.wire = closing.enter_context(Wire())
        self.capture = closing.enter_context(contextlib.closing(Capture(self.wire, folder / "br0.pcap")))
        self.all = [participants.make(name, self.wire, folder, number=i) for i in range(count)]
        for each in self.all:
            closing.callback(each.close)
        self.one = self.all[0]

    def hold(self, **options):
        """Start, and wait until the address is announced. Returns the address."""
        self.one.start(**options)
        return self.held()

    def held(self):
        wait_until(lambda: self.one.address, "no address")
        time.sleep(_ANNOUNCED)
        return self.one.address

    def announced(self, address, after):
        return len(self.capture.select(is_arp("announcement", self.one.mac, spa=address), after))

    def claim(self, address):
        """The adversary announces the address. Returns the time of the frame."""
        return self.wire.send(announcement(address))

    def fate(self, address, after, seconds):
        """Wait some seconds. Returns in words what the host did with the address."""
        time.sleep(seconds)
        if self.one.address == address:
            return (
                "keeps the address"
                if not self.announced(address, after)
                else "announces and keeps the address"
            )
        left = "announces, then " if self.announced(address, after) else ""
        return left + ("moves" if self.one.address else "has no address")


@contextlib.contextmanager
def _alone(name, folder, count=1):
    with contextlib.ExitStack() as closing:
        yield _Alone(closing, name, folder, count)


def starts(name, folder):
    """Several hosts start at the same time. Returns times and counts of their claims."""
    with _alone(name, folder, STARTS) as alone:
        started, held = {}, {}
        for each in alone.all:
            started[each] = time.time()
            each.start()
        while len(held) < STARTS:
            for each in alone.all:
                if each not in held and each.address:
                    held[each] = time.time() - started[each]
            time.sleep(0.02)
            assert time.time() < started[alone.one] + 60, "no address"
        time.sleep(_ANNOUNCED)
        probes = [[f.time for f in alone.capture.probes_of(each.mac)] for each in alone.all]
        announcements = [[f.time for f in alone.capture.announcements_of(each.mac)] for each in alone.all]
    times = held.values()
    return {
        "time to an address, s": f"{_range(times)} (mean {statistics.mean(times):.1f})",
        "probes, time between them, s": f"{_counts(probes)}; {_range(_gaps(probes))}",
        "announcements, time between them, s": f"{_counts(announcements)}; {_range(_gaps(announcements))}",
    }


def reactions(name, folder):
    """The reactions to an ARP request, probes, two claims 12 s apart, an unplugged cable, an additional
    routable address and the end of the program.
    """
    found = {}
    with _alone(name, folder) as alone:
        address = alone.hold()
        answers = is_arp("reply", alone.one.mac, spa=address)

        sent = alone.wire.send(request(X, address))
        answer = alone.capture.wait_for(answers, after=sent)
        found["ARP replies"] = "broadcast" if answer.packet.dst == BROADCAST else "unicast"

        for _ in range(3):
            sent = alone.wire.send(probe(address))
            time.sleep(1)
            reaction = ", replies" if alone.capture.select(answers, sent) else ""
            found["after three probes from another host"] = alone.fate(address, sent, 6) + reaction

        address = alone.held()
        found["after a claim from another host"] = alone.fate(address, alone.claim(address), 12)
        again = alone.held()
        if again == address:
            found["after a second claim, 12 s later"] = alone.fate(address, alone.claim(address), 12)
        else:
            found["after a second claim, 12 s later"] = "has already moved"

        found["when the cable is unplugged for 3 s"] = _flap(alone)
        found["with an additional routable address"] = _beside(alone)
        if hasattr(alone.one, "stop"):
            address = alone.held()
            alone.one.stop()
            found["when the implementation is stopped"] = (
                "leaves the address on the interface"
                if alone.one.address == address
                else "removes the address"
            )
    return found


def _flap(alone):
    address = alone.held()
    alone.one.set_link(False)
    time.sleep(3)
    kept = alone.one.address
    back = time.time()
    alone.one.set_link(True)
    time.sleep(_CLAIM)
    probes = len(alone.capture.select(is_arp("probe", alone.one.mac, tpa=address), back))
    reaction = "keeps the address" if kept else "removes the address"
    return f"{reaction}, and sends {probes or 'no'} probes after the cable is plugged in again"


def _beside(alone):
    address = alone.held()
    host = alone.wire.add_host(f"{ROUTABLE_HOST}/24")
    host.run("ip", "addr", "add", f"{X}/16", "dev", "eth0")
    alone.one.add_routable(ROUTABLE)
    time.sleep(3)
    answers = {each: host.ping(each, timeout=5) for each in (address, ROUTABLE)}
    if not answers[ROUTABLE]:
        return "answers no pings to the routable address"
    if not answers[address]:
        return "answers pings only to the routable address"
    return "answers pings to both addresses"


def contested(name, folder):
    """The adversary claims the address twice within three seconds."""
    with _alone(name, folder) as alone:
        address = alone.hold()
        first = alone.claim(address)
        time.sleep(2.5)
        alone.claim(address)
        return {"after two claims within 3 s": alone.fate(address, first, _CLAIM)}


def denied(name, folder):
    """The adversary claims each candidate as soon as the host probes it."""
    with _alone(name, folder) as alone:
        alone.one.start()
        started = time.time()
        starts, known = [], 0
        while time.time() < started + DENIED:
            probes = alone.capture.probes_of(alone.one.mac)
            for frame in probes[known:]:
                if frame.arp.pdst not in {target for _, target in starts}:
                    starts.append((frame.time - started, frame.arp.pdst))
                alone.wire.send(reply(frame.arp.pdst, "0.0.0.0", alone.one.mac, ADVERSARY_MAC))
            known = len(probes)
            time.sleep(0.01)
    fast = sum(1 for at, _ in starts if at < 60)
    found = f"{fast} attempts in a minute, {len(starts) - fast} in the next {DENIED - 60} s"
    return {"if another host claims each candidate": found}


def restarted(name, folder):
    """The adversary claims the first candidate. The host claims the next one, and its program restarts."""
    found = "-"
    with _alone(name, folder) as alone:
        if hasattr(alone.one, "stop"):
            options = {"remember": alone.one.board.path("autoip.txt")} if hasattr(alone.one, "board") else {}
            alone.one.start(**options)
            first = alone.capture.wait_for(is_arp("probe", alone.one.mac)).arp.pdst
            alone.wire.send(reply(first, "0.0.0.0", alone.one.mac, ADVERSARY_MAC))
            second = alone.held()
            if options:
                alone.one.board.run("svc.save()")
            alone.one.stop()
            if isinstance(alone.one, participants.Daemon):
                alone.one.host.run("ip", "addr", "flush", "dev", "eth0")  # zcip does not remove the address
            ended = time.time()
            alone.one.start(**options)
            tried = alone.capture.wait_for(is_arp("probe", alone.one.mac), after=ended).arp.pdst
            found = "yes" if tried == second else "no"
            found += " (option `remember`)" if options else ""
    return {"tries its last address first after a restart": found}


ALL = (starts, reactions, contested, denied, restarted)


def _gaps(times):
    return [later - earlier for each in times for earlier, later in itertools.pairwise(each)]


def _range(values):
    values = [f"{value:.1f}" for value in (min(values), max(values))]
    return values[0] if values[0] == values[1] else " - ".join(values)


def _counts(lists):
    return " - ".join(map(str, sorted({len(each) for each in lists})))
