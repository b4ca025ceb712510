# SPDX-License-Identifier: MIT
"""Who did what on a link, told from its ARP frames in the order of time.

A host is its MAC: the one in its ARP packets. A frame whose sender address is A is the first of these that
fits, by what is known until then:

    its host holds A,          it announces A after another host used it        "defence"
    and                        another host probes A, or it answers a probe     "denial"
                               it announces A                                   "announcement"
    it announces A, and        nobody holds A                                   "claim"
                               its host probed A, and nobody denied it          "claim"
    another host holds A,      it answers a probe, within a second of the claim "denial"
    and                        else                                             "conflict"
    nobody holds A, and        another host probes A, or it answers a probe     "denial"
    else                                                                        "request", "answer"

A claim of a host that lost another link-local address is a "move". A frame with the sender address 0.0.0.0
is a "probe". Who probes a link-local address while it holds another has "lost" that, as a host has one
(RFC 3927 2.5).
"""

import dataclasses

from .frames import ETHERNET, Echo, Malformed, decode

# RFC 3927 section 9, in s.
PROBE_WAIT = 1
PROBE_NUM = 3
PROBE_MIN = 1
PROBE_MAX = 2
ANNOUNCE_WAIT = 2
ANNOUNCE_INTERVAL = 2
RATE_LIMIT_INTERVAL = 60
DEFEND_INTERVAL = 10

LATE = 1  # s that a frame may be on its way (RFC 3927 1.3)

TALK = ("request", "answer", "ping", "echo")  # events that change nothing


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that a host did."""

    time: float  # s since 1970
    host: str  # its MAC
    kind: str
    address: str
    other: str = ""  # MAC of the host that is denied, uses the address, holds it, or probes it as well
    also: str = ""  # address: "move": the one before; talk: whom it is for
    gap: float = 0  # s since this host's last frame for the address: steps of a claim, but the first

    def words(self, names=None):
        """The event in a few words, without who did it. names: MAC -> what to call a host."""
        other = (names or {}).get(self.other, self.other)
        told = {
            "probe": f"probes {self.address}" + (f", as {other} does" if other else ""),
            "claim": f"claims {self.address}",
            "move": f"moves from {self.also} to {self.address}",
            "announcement": f"announces {self.address}",
            "denial": f"denies {self.address} to {other}",
            "conflict": f"uses {self.address}, which {other} holds",
            "defence": f"defends {self.address} against {other}",
            "lost": f"lost {self.address} to {other}" if other else f"gave {self.address} up",
            "request": f"asks for {self.also}, being {self.address}",
            "answer": f"answers: {self.address} is me",
            "ping": f"pings {self.also}",
            "echo": f"answers the ping of {self.also}",
        }[self.kind]
        return f"{told}, {self.gap:.3f} s later" if self.gap else told


@dataclasses.dataclass(slots=True)
class Holding:
    """A host has an address from `start` to `end` (s since 1970); None: to the end of the story."""

    address: str
    start: float
    end: float | None = None


@dataclasses.dataclass(slots=True)
class Host:
    """What is known of a host."""

    mac: str
    state: str = "silent"  # "probing", "holds"
    address: str = ""  # that it probes or holds: the last of which it told
    held: str = ""  # its link-local address
    before: str = ""  # the link-local address that it lost last
    holdings: list = dataclasses.field(default_factory=list)

    def since(self, address):
        """When it got an address that it holds."""
        return next(each.start for each in reversed(self.holdings) if each.address == address)


@dataclasses.dataclass(slots=True)
class _Probing:
    """A host probes an address. last: time of its last probe."""

    last: float
    denied: bool = False


class Interval:
    """An interval of the RFC on a host's lane, from `start` to `end` (s since 1970)."""

    def __init__(self, name, event, start, end):
        self.name, self.host, self.start, self.end = name, event.host, event.time + start, event.time + end


class Story:
    """The frames that it was given, told: `events`, and `hosts` by MAC, both in the order of their coming."""

    def __init__(self):
        self.frames = 0
        self.malformed = 0  # ARP frames that are not understood
        self.events = []
        self.hosts = {}
        self._holders = {}  # address -> MAC
        self._probing = {}  # address -> MAC -> _Probing
        self._conflicts = {}  # address -> (time, MAC of who used it), while that is not answered
        self._steps = {}  # (MAC, address) -> time of the last step of a claim

    def add(self, time, raw, link_type=ETHERNET):
        """Take a frame, whatever is in it.

        time: s since 1970, not before that of the last one. raw: its bytes. link_type: of the capture, those
        of frames.LINK_TYPES are understood.
        """
        self.frames += 1
        try:
            message = decode(raw, link_type)
        except Malformed:
            self.malformed += 1
            return
        if isinstance(message, Echo):
            kind = "ping" if message.request else "echo"
            self._tell(time, message.mac, kind, message.sender, also=message.target)
        elif message:
            self._hear(time, message)

    def _hear(self, time, arp):
        if arp.is_probe:
            self._probe(time, arp.mac, arp.target)
        elif self._holders.get(arp.sender) == arp.mac:
            self._use_own(time, arp)
        else:
            self._use(time, arp)

    def _probe(self, time, mac, address):
        host = self._host(mac)
        if self._holders.get(address) == mac:  # probed anew, after the link was down
            self._let_go(time, host, address)
        elif is_link_local(address) and host.held and host.held != address:
            self._lose(time, host)
        probers = self._probing.setdefault(address, {})
        if mac in probers and _within(time, probers[mac].last, PROBE_MAX):
            probers[mac].last = time
        else:
            probers[mac] = _Probing(time)
            self._steps.pop((mac, address), None)
        host.state, host.address = "probing", address
        self._tell(time, mac, "probe", address, other=self._prober(time, mac, address), step=True)

    def _use_own(self, time, arp):
        mac, address = arp.mac, arp.sender
        prober = self._prober(time, mac, address)
        at, other = self._conflicts.get(address, (0, ""))
        if arp.is_announcement and other and _within(time, at, DEFEND_INTERVAL):
            del self._conflicts[address]
            self._tell(time, mac, "defence", address, other)
        elif arp.answers_probe or prober:
            self._deny(time, mac, address, prober or arp.target_mac)
        elif arp.is_announcement:
            self._tell(time, mac, "announcement", address, step=True)
        else:
            self._talk(time, arp)

    def _use(self, time, arp):
        """The sender does not hold the address that it uses."""
        mac, address = arp.mac, arp.sender
        holder = self._holders.get(address)
        own = self._probing.get(address, {}).get(mac)
        prober = self._prober(time, mac, address)
        if arp.is_announcement and (not holder or (own and not own.denied)):
            self._claim(time, mac, address)
        elif holder:
            late = arp.answers_probe and _within(time, self.hosts[holder].since(address), 0)
            self._conflicts[address] = time, mac
            self._tell(time, mac, "denial" if late else "conflict", address, holder)
        elif arp.answers_probe or prober:
            self._hold(time, mac, address)
            self._deny(time, mac, address, prober or arp.target_mac)
        else:
            self._hold(time, mac, address)
            self._talk(time, arp)

    def _claim(self, time, mac, address):
        host = self._host(mac)
        self._probing.get(address, {}).pop(mac, None)
        for prober in self._probing.get(address, {}).values():
            prober.denied = True
        if is_link_local(address) and host.held not in ("", address):
            self._lose(time, host)
        before = host.before if is_link_local(address) and host.before != address else ""
        host.before = "" if before else host.before
        self._hold(time, mac, address)
        self._tell(time, mac, "move" if before else "claim", address, also=before, step=True)

    def _deny(self, time, mac, address, other):
        prober = self._probing.get(address, {}).get(other)
        if prober:
            prober.denied = True
        self._tell(time, mac, "denial", address, other)

    def _talk(self, time, arp):
        kind = "request" if arp.request else "answer"
        self._tell(time, arp.mac, kind, arp.sender, also=arp.target)

    # Who has what

    def _hold(self, time, mac, address):
        holder = self._holders.get(address)
        if holder:
            self._let_go(time, self.hosts[holder], address)
        self._holders[address] = mac
        self._conflicts.pop(address, None)
        host = self._host(mac)
        host.state, host.address = "holds", address
        host.holdings.append(Holding(address, time))
        if is_link_local(address):
            host.held = address

    def _let_go(self, time, host, address):
        self._holders.pop(address, None)
        if host.held == address:
            host.held = ""
        if host.address == address:
            host.state, host.address = "silent", ""
        next(each for each in reversed(host.holdings) if each.address == address).end = time

    def _lose(self, time, host):
        address = host.before = host.held
        at, other = self._conflicts.pop(address, (0, ""))
        if not _within(time, at, RATE_LIMIT_INTERVAL + PROBE_WAIT):
            other = ""
        self._let_go(time, host, address)
        self._tell(time, host.mac, "lost", address, other)
        if other:
            self._hold(time, other, address)

    def _prober(self, time, mac, address):
        """Another host that probes the address now, or ""."""
        probers = self._probing.get(address, {})
        old = []
        found = ""
        for prober, probing in probers.items():
            if not _within(time, probing.last, ANNOUNCE_WAIT):
                old.append(prober)
            elif prober != mac:
                found = prober
                break
        for prober in old:
            del probers[prober]
        return found

    def _host(self, mac):
        return self.hosts.setdefault(mac, Host(mac))

    def _tell(self, time, mac, kind, address, other="", also="", step=False):
        self._host(mac)
        gap = 0
        if step:
            gap = time - self._steps.get((mac, address), time)
            self._steps[mac, address] = time
        self.events.append(Event(time, mac, kind, address, other, also, gap))

    # For a picture

    def intervals(self):
        """The RFC's intervals (section 9), each from the frame that it begins or ends with."""
        probes = {}  # MAC -> (address, how many in a row)
        conflicts = {}  # MAC -> time of the last conflict: a new claim begins with it
        for event in self.events:
            if event.kind == "probe":
                address, number = probes.get(event.host, ("", 0))
                number = number + 1 if address == event.address and event.gap else 1
                probes[event.host] = event.address, number
                if number == 1:
                    waited = min(PROBE_WAIT, event.time - conflicts.get(event.host, float("-inf")))
                    yield Interval("PROBE_WAIT", event, -waited, 0)
                if number < PROBE_NUM:
                    yield Interval("PROBE_MIN - PROBE_MAX", event, PROBE_MIN, PROBE_MAX)
                elif number == PROBE_NUM:
                    yield Interval("ANNOUNCE_WAIT", event, 0, ANNOUNCE_WAIT)
            elif event.kind in ("claim", "move"):
                yield Interval("ANNOUNCE_INTERVAL", event, 0, ANNOUNCE_INTERVAL)
            elif event.kind == "defence":
                yield Interval("DEFEND_INTERVAL", event, 0, DEFEND_INTERVAL)
            elif event.kind in ("conflict", "denial"):
                conflicts[event.other] = event.time

    def deeds(self):
        """The events but the talk."""
        return [event for event in self.events if event.kind not in TALK]


def is_link_local(address):
    return address.startswith("169.254.")


def _within(now, then, seconds):
    return now - then <= seconds + LATE
