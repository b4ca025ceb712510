# SPDX-License-Identifier: MIT
"""What each host does on a link, from its frames in the order of time.

A host is identified by the MAC in its ARP packets. The table gives the kind of an ARP frame whose sender
address is A. Use the first row that fits. Which rows fit depends on the frames before this frame:

    the sender holds A,        the frame announces A after another host used A  "defence"
    and                        the frame answers a probe, or another host
                               probes A                                         "denial"
                               the frame announces A                            "announcement"
    the frame announces A,     no host holds A                                  "claim"
    and                        the sender probed A, and no host denied A        "claim"
    another host holds A,      the frame answers a probe, at most 1 s after
    and                        that host got A                                  "denial"
                               otherwise                                        "conflict"
    no host holds A, and       the frame answers a probe, or another host
                               probes A                                         "denial"
    otherwise                  the frame is a Request                           "request"
                               the frame is a Reply                             "answer"

A claim of a host that lost another link-local address is a "move". A frame with the sender address 0.0.0.0 is
a "probe". If a host probes a link-local address while it holds another one, it has "lost" the other one,
because a host has only one link-local address (RFC 3927 2.5).

"found": a host uses an address that it claimed before the capture. "gone": the host no longer answers.
"name": an mDNS response contained the host's name. "dhcp": the host asks for a DHCP server.
"""

import dataclasses

from .frames import ETHERNET, Dhcp, Echo, Malformed, Mdns, decode

# RFC 3927 section 9, in s.
PROBE_WAIT = 1
PROBE_MAX = 2
ANNOUNCE_WAIT = 2
RATE_LIMIT_INTERVAL = 60
DEFEND_INTERVAL = 10

_BROADCAST = "169.254.255.255"

LATE = 1  # s: a frame may arrive this long after the time that the RFC specifies (RFC 3927 1.3)

TALK = ("request", "answer", "ping", "echo")  # events that change nothing
NEWS = ("found", "gone", "name", "dhcp")  # events that are not in a picture
_HOLDINGS = 16  # holdings that are kept for each host, if `keep` is set


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """An action of a host, or new information about it."""

    time: float  # s since 1970
    host: str  # the host's MAC
    kind: str
    address: str
    other: str = ""  # MAC of another host that was denied the address, or that uses, holds or probes it
    also: str = ""  # "move": the previous address; kinds in TALK: the target address; "name": the name
    gap: float = 0  # for each step of a claim except the first: s since the previous step

    def words(self, names=None):
        """The event in a few words, without the host. names: MAC -> name of a host."""
        other = (names or {}).get(self.other, self.other)
        text = {
            "probe": f"probes {self.address}" + (f", as {other} does" if other else ""),
            "claim": f"claims {self.address}",
            "move": f"moves from {self.also} to {self.address}",
            "announcement": f"announces {self.address}",
            "denial": f"denies {self.address} to {other}",
            "conflict": f"uses {self.address}, which {other} holds",
            "defence": f"defends {self.address} against {other}",
            "lost": f"lost {self.address} to {other}" if other else f"gave up {self.address}",
            "found": f"has {self.address}",
            "gone": f"does not answer at {self.address} any more",
            "name": f"has the name {self.also}",
            "dhcp": "looks for a DHCP server",
            "request": f"asks who has {self.also}, from {self.address}",
            "answer": f"replies that it has {self.address}",
            "ping": f"pings {self.also}",
            "echo": f"replies to the ping from {self.also}",
        }[self.kind]
        return f"{text}, {self.gap:.3f} s later" if self.gap else text


@dataclasses.dataclass(slots=True)
class Holding:
    """A host has an address from `start` to `end` (s since 1970), or to the end of the story (None)."""

    address: str
    start: float
    end: float | None = None


@dataclasses.dataclass(slots=True)
class Host:
    """What is known about a host."""

    mac: str
    state: str = "silent"  # "probing", "holds"
    address: str = ""  # the address that it probes or holds; if there are several, the latest address
    held: str = ""  # its link-local address
    before: str = ""  # the link-local address that it lost last
    name: str = ""  # "board.local"
    host_name: bytes = b""  # the host name that it sent to DHCP servers
    asked_dhcp: bool = False
    last_seen: float = 0  # s since 1970: its last frame
    did: str = ""  # the kind of its last event, except "name" and the kinds in TALK
    did_at: float = 0  # s since 1970
    conflicts: int = 0  # uses of its addresses by other hosts
    contested: float = 0  # s since 1970: the last of these uses
    defended: float = 0  # s since 1970: its last defence
    holdings: list = dataclasses.field(default_factory=list)

    def since(self, address):
        """When the host got an address that it holds."""
        return next(each.start for each in reversed(self.holdings) if each.address == address)


@dataclasses.dataclass(slots=True)
class _Probing:
    """A host probes an address. last: time of its last probe."""

    last: float
    denied: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Phase:
    """What a host does from `start` to `end` (s since 1970): "probing", "announcing" or "defending"."""

    name: str
    host: str
    start: float
    end: float


class _Phases:
    """Derives the phases from the events. `found` has them in the order in which they end."""

    def __init__(self):
        self.found = []
        self._starts = {}  # (name, MAC) -> s since 1970
        self._probed = {}  # MAC -> time of its last probe

    def add(self, event):
        if event.kind == "probe":
            if not event.gap:  # the first one for this address
                self._end("probing", event.host, self._probed.get(event.host, 0))
                self._start("probing", event)
            self._probed[event.host] = event.time
        elif event.kind in ("claim", "move"):
            self._end("probing", event.host, event.time)
            self._start("announcing", event)
        elif event.kind == "announcement":
            self._end("announcing", event.host, event.time)
        elif event.kind == "defence":
            self._end("defending", event.host, event.time)
            self._start("defending", event)
        elif event.kind == "lost":
            self._end("announcing", event.host, event.time)
            self._end("defending", event.host, event.time)

    def end_all(self, time):
        for name, host in list(self._starts):
            self._end(name, host, time)

    def _start(self, name, event):
        self._starts[name, event.host] = event.time

    def _end(self, name, host, time):
        start = self._starts.pop((name, host), None)
        if start is not None:
            end = min(time, start + DEFEND_INTERVAL) if name == "defending" else time
            self.found.append(Phase(name, host, start, end))


class Story:
    """Derives `events` and `hosts` (MAC -> Host) from the frames. Pass the frames to add() in the order of
    their times.

    keep: keep at least this many events and this many hosts. If there are more than 2 * `keep` events or
    hosts, the oldest are dropped, so that `keep` remain. None: keep all.
    """

    def __init__(self, keep=None):
        self.frames = 0
        self.malformed = 0  # ARP frames that can't be decoded
        self.events = []
        self.dropped = 0  # events that are not kept
        self.hosts = {}
        self._keep = keep
        self._holders = {}  # address -> MAC of its holder
        self._probing = {}  # address -> MAC -> _Probing
        # address -> (time of a conflict, MAC of the host that caused it). A defence, a new holder or the loss
        # of the address removes the entry.
        self._conflicts = {}
        self._steps = {}  # (MAC, address) -> time of the last step of a claim

    def add(self, time, raw, link_type=ETHERNET):
        """Process a frame, which may contain any bytes. Returns False if the viewer does not decode frames of
        this kind.

        time: s since 1970, not before the time of the last frame. raw: the bytes of the frame. link_type: the
        link type of the capture. Frames with a link type that is not in frames.LINK_TYPES are not decoded.
        """
        self.frames += 1
        try:
            message = decode(raw, link_type)
        except Malformed:
            self.malformed += 1
            return True
        if message is None:
            return False
        self._host(message.mac).last_seen = time
        if isinstance(message, Echo):
            self._see(time, message.mac, message.sender)
            kind = "ping" if message.request else "echo"
            self._add_event(time, message.mac, kind, message.sender, also=message.target)
        elif isinstance(message, Mdns):
            self._on_names(time, message)
        elif isinstance(message, Dhcp):
            self._on_dhcp(time, message)
        else:
            self._on_arp(time, message)
        if self._keep:
            self._forget()
        return True

    def gone(self, time, mac):
        """Record that the host no longer answers. Call this when the host has not answered several
        questions.
        """
        host = self.hosts.get(mac)
        if host and host.held:
            address = host.held
            self._let_go(time, host, address)
            self._add_event(time, mac, "gone", address)

    def _on_arp(self, time, arp):
        if arp.is_probe:
            self._probe(time, arp.mac, arp.target)
        elif self._holders.get(arp.sender) == arp.mac:
            self._use_own(time, arp)
        else:
            self._use(time, arp)

    def _probe(self, time, mac, address):
        host = self._host(mac)
        if self._holders.get(address) == mac:  # probed again after the link was down
            self._let_go(time, host, address)
        elif is_link_local(address) and host.held and host.held != address:
            self._lose(time, host)
        probers = self._probing.setdefault(address, {})
        if mac in probers and _within(time, probers[mac].last, PROBE_MAX):
            probers[mac].last = time
        else:
            probers[mac] = _Probing(time)
            self._steps.pop((mac, address), None)
            self._trim(probers)
        host.state, host.address = "probing", address
        self._add_event(time, mac, "probe", address, other=self._prober(time, mac, address), step=True)

    def _use_own(self, time, arp):
        mac, address = arp.mac, arp.sender
        prober = self._prober(time, mac, address)
        at, other = self._conflicts.get(address, (0, ""))
        if arp.is_announcement and other and _within(time, at, DEFEND_INTERVAL):
            del self._conflicts[address]
            self._add_event(time, mac, "defence", address, other)
        elif arp.answers_probe or prober:
            self._deny(time, mac, address, prober or arp.target_mac)
        elif arp.is_announcement:
            self._add_event(time, mac, "announcement", address, step=True)
        else:
            self._talk(time, arp)

    def _use(self, time, arp):
        """The sender uses an address that it does not hold."""
        mac, address = arp.mac, arp.sender
        holder = self._holders.get(address)
        own = self._probing.get(address, {}).get(mac)
        prober = self._prober(time, mac, address)
        if arp.is_announcement and (not holder or (own and not own.denied)):
            self._claim(time, mac, address)
        elif holder:
            late = arp.answers_probe and _within(time, self.hosts[holder].since(address), 0)
            self._conflicts[address] = time, mac
            self._add_event(time, mac, "denial" if late else "conflict", address, holder)
        elif arp.answers_probe or prober:
            self._hold(time, mac, address)
            self._deny(time, mac, address, prober or arp.target_mac)
        else:
            self._hold(time, mac, address)
            self._add_event(time, mac, "found", address)
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
        self._add_event(time, mac, "move" if before else "claim", address, also=before, step=True)

    def _deny(self, time, mac, address, other):
        prober = self._probing.get(address, {}).get(other)
        if prober:
            prober.denied = True
        self._add_event(time, mac, "denial", address, other)

    def _talk(self, time, arp):
        kind = "request" if arp.request else "answer"
        self._add_event(time, arp.mac, kind, arp.sender, also=arp.target)

    def _see(self, time, mac, address):
        """The host sent an IPv4 packet from an address. An address from ARP frames has priority."""
        usable = is_link_local(address) and address != _BROADCAST
        if usable and address not in self._holders and self._host(mac).state == "silent":
            self._hold(time, mac, address)
            self._add_event(time, mac, "found", address)

    def _on_names(self, time, mdns):
        """Accept only the names of the sender's own addresses."""
        from .names import hosts

        self._see(time, mdns.mac, mdns.sender)
        for address, name in hosts(mdns.message):
            if not mdns.sender:
                self._see(time, mdns.mac, address)
            if address == mdns.sender or self._holders.get(address) == mdns.mac:
                self._name(time, mdns.mac, address, name)

    def _name(self, time, mac, address, name):
        host = self._host(mac)
        host.address = host.address or address
        if host.name != name:
            host.name = name
            self._add_event(time, mac, "name", address, also=name)

    def _on_dhcp(self, time, dhcp):
        host = self._host(dhcp.mac)
        host.host_name = dhcp.name
        if not host.asked_dhcp:
            host.asked_dhcp = True
            self._add_event(time, dhcp.mac, "dhcp", "")

    # Holders

    def _hold(self, time, mac, address):
        holder = self._holders.get(address)
        if holder:
            self._let_go(time, self.hosts[holder], address)
        self._holders[address] = mac
        self._conflicts.pop(address, None)
        host = self._host(mac)
        host.state, host.address = "holds", address
        host.holdings.append(Holding(address, time))
        if self._keep and len(host.holdings) > _HOLDINGS:
            self._forget_holding(host)
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
        self._add_event(time, host.mac, "lost", address, other)
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

    def _add_event(self, time, mac, kind, address, other="", also="", step=False):
        host = self._host(mac)
        if kind not in TALK and kind != "name":
            host.did, host.did_at = kind, time
        if kind == "defence":
            host.defended = time
        if kind == "conflict":
            self.hosts[other].conflicts += 1
            self.hosts[other].contested = time
        gap = 0
        if step:
            gap = time - self._steps.get((mac, address), time)
            self._steps[mac, address] = time
        self.events.append(Event(time, mac, kind, address, other, also, gap))

    # Memory

    def _forget(self):
        """If there are more than 2 * `keep` events, hosts or entries of a table, drop the oldest, so that
        `keep` remain.
        """
        keep = self._keep
        if len(self.events) > 2 * keep:
            dropped = len(self.events) - keep
            del self.events[:dropped]
            self.dropped += dropped
        if len(self.hosts) > 2 * keep:
            silent_longest = sorted(self.hosts.values(), key=lambda host: host.last_seen)
            for host in silent_longest[:-keep]:
                self._forget_host(host)
        for table in (self._probing, self._conflicts, self._steps):
            self._trim(table)

    def _trim(self, table):
        if self._keep and len(table) > 2 * self._keep:
            for key in list(table)[: -self._keep]:
                del table[key]

    def _forget_host(self, host):
        del self.hosts[host.mac]
        while host.holdings:
            self._forget_holding(host)

    def _forget_holding(self, host):
        if host.holdings[0].end is None:
            self._let_go(0, host, host.holdings[0].address)
        del host.holdings[0]

    # For a picture

    def phases(self):
        """What each host did, and for how long. A phase that has not ended is cut off at the last event."""
        phases = _Phases()
        for event in self.events:
            phases.add(event)
        phases.end_all(self.events[-1].time if self.events else 0)
        return phases.found

    def protocol_events(self):
        """The events whose kind is in neither TALK nor NEWS."""
        return [event for event in self.events if event.kind not in TALK + NEWS]


def is_link_local(address):
    return address.startswith("169.254.")


def _within(now, then, seconds):
    return now - then <= seconds + LATE
