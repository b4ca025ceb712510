# SPDX-License-Identifier: MIT
"""A link in memory with its own clock, and the stations on it.

Nothing here sleeps or reads a real clock. So every test is exact to the millisecond, and has the same frames
on CPython and MicroPython. A wire's `now` counts ms from 0. The code under test reads the wire's `ticks()`,
which wrap at 2**30.

A station has on_frame(frame), due() (ms until it wants to act, or -1), act() and watched(). It calls the
wire's changed() when due() or watched() may have changed. So the CPU time of a simulation depends on the
number of its frames and timers, and not on the number of its stations.
"""

import errno
from heapq import heappop, heappush

import arp_filter
from autoip import acd, service

TICKS_MAX = 0x3FFFFFFF

BROADCAST = b"\xff\xff\xff\xff\xff\xff"
ZERO_MAC = b"\x00\x00\x00\x00\x00\x00"  # the target hardware address of a Request
ANY = b"\x00\x00\x00\x00"  # 0.0.0.0

MAC = b"\x02\x00\x00\x00\x00\x01"  # the host under test
FOREIGN = b"\x02\x00\x00\x00\x00\x02"  # the tester
OTHER = b"\x02\x00\x00\x00\x00\x03"

REQUEST = 1
REPLY = 2

C = 0x1234  # 169.254.18.52, the usual candidate of the host under test
X = 0x0709  # 169.254.7.9, the address of another host
ROUTABLE = b"\x0a\x00\x00\x63"  # 10.0.0.99
_RENAMED = 5  # the value of receive() for a new mDNS name; arp_filter.py has the other values

STOPPED, WAITING, IDLE, PROBING, ANNOUNCING, HELD = range(len(acd.STATES))
# The bits that the inputs of a machine return.
SEND, ASSIGN, CONFLICT, DEFENDED, SUSPENDED, LOST, BOUND, _ = [1 << i for i in range(8)]
FRAME = SEND | ASSIGN
_EVENTS = [(CONFLICT << i, word) for i, word in enumerate(acd.EVENTS)]

FIRST, LAST = 0x0100, 0xFEFF  # RFC 3927 2.1


ip = arp_filter.address


def packet(op, sha, spa, target_mac, tpa, dst=BROADCAST, src=None):
    """An Ethernet frame with an ARP packet, built without the code under test."""
    header = dst + (src or sha) + b"\x08\x06\x00\x01\x08\x00\x06\x04\x00"
    return header + bytes((op,)) + sha + spa + target_mac + tpa


def probe(sha, host, dst=BROADCAST):
    return packet(REQUEST, sha, ANY, ZERO_MAC, ip(host), dst)


def announcement(sha, host):
    return packet(REQUEST, sha, ip(host), ZERO_MAC, ip(host))


def denial(sha, host, to=MAC):
    """The answer of an RFC 826 host to a probe for its address."""
    return packet(REPLY, sha, ip(host), to, ANY, to)


def is_probe(frame):
    return frame[20:22] == b"\x00\x01" and frame[28:32] == ANY


def target(frame):
    """The host part of the target protocol address."""
    return frame[40] << 8 | frame[41]


class Random:
    """A Wichmann-Hill random number generator. Its numbers are the same everywhere, and below 2**30."""

    def __init__(self, seed):
        self._x = 1 + seed % 30000
        self._y = 1 + seed // 30000 % 30000
        self._z = 1 + seed * 7 % 30000
        for _ in range(3):
            self.bits()

    def bits(self):
        """Returns 28 bits."""
        return self._half() << 14 | self._half()

    def __call__(self, low, high):
        return low + self.bits() % (high - low + 1)

    def getrandbits(self, count):
        return self.bits() >> 28 - count

    def some_bytes(self, count):
        return bytes([self._half() >> 6 for _ in range(count)])

    def _half(self):
        # The sum of three fractions, without its integer part, in units of 2**-14.
        self._x = self._x * 171 % 30269
        self._y = self._y * 172 % 30307
        self._z = self._z * 170 % 30323
        return (self._x << 14) // 30269 + (self._y << 14) // 30307 + (self._z << 14) // 30323 & 0x3FFF


class Wire:
    """A broadcast domain and its clock.

    latency: ms from a sender to the other stations. echoes: delays in ms after which a sender receives its
    own frame again, as from a hub or an access point.
    """

    def __init__(self, start=0, latency=0, echoes=()):
        self.now = 0
        self.latency = latency
        self.echoes = echoes
        self.stations = []
        self.trace = []  # (ms, frame), in the order of sending
        self._start = start
        self._count = 0  # stations and calls so far; determines the order of calls at the same time
        self._waiting = []  # heap of (ms, count, function, argument)
        # Heap of (ms, number of a station). An entry is valid only if its ms equals the station's `planned`
        self._timers = []
        self._numbered = {}  # number -> station
        self._everywhere = []  # stations that receive every frame
        self._watching = {}  # 4 bytes of an address -> stations that receive frames about it

    def ticks(self):
        return (self._start + self.now) & TICKS_MAX

    def plug(self, station):
        """Connect a station to this wire. For a station that comes from another wire, also call changed()."""
        self._count += 1
        station.number = self._count
        station.planned = -1
        self._numbered[station.number] = station
        self.stations.append(station)
        if station.receives_all:
            self._everywhere.append(station)

    def unplug(self, station):
        self.stations.remove(station)
        del self._numbered[station.number]
        if station.receives_all:
            self._everywhere.remove(station)
        self._subscribe(station, -1)

    def changed(self, station):
        """A station calls this when the values of its due() or watched() may have changed."""
        if station.number not in self._numbered:
            return
        due = station.due()
        planned = self.now + due if due >= 0 else -1
        if planned != station.planned:
            station.planned = planned
            if planned >= 0:
                heappush(self._timers, (planned, station.number))
        self._subscribe(station, station.watched())

    def at(self, ms, function, argument=None):
        """Call function(argument) at this time. Calls for the same time are made in the order in which they
        were added.
        """
        self._count += 1
        heappush(self._waiting, (ms, self._count, function, argument))

    def send(self, sender, frame):
        """Send a frame from a station. sender: the station, or None if it is not on this wire."""
        frame = bytes(frame)
        self.trace.append((self.now, frame))
        self.at(self.now + self.latency, self._deliver, (sender, frame))
        for delay in self.echoes:
            self.at(self.now + delay, self._echo, (sender, frame))

    def inject(self, ms, frame):
        """Another host sends this frame at this time. The frame is not part of the trace."""
        self.at(ms, self._deliver, (None, frame))

    def run(self, until):
        """Let time pass up to and including this time. Frames come before timers (RFC 3927 2.2.1)."""
        while True:
            self._settle()
            soonest = self._soonest(until)
            if soonest is None:
                break
            self.now = soonest
        self.now = until

    def sleep(self, ms):
        self.run(self.now + ms)

    def frames(self, since=0):
        """The frames sent since this time, as a list of (ms, hex)."""
        return [(ms, frame.hex()) for ms, frame in self.trace if ms >= since]

    def listeners(self, frame):
        """The stations that may want the frame, in the order in which they were connected."""
        found = list(self._everywhere)
        for named in (frame[28:32], frame[38:42]):
            found += [station for station in self._watching.get(named, ()) if station not in found]
        found.sort(key=lambda station: station.number)
        return found

    def _settle(self):
        # Do everything that is due now: first deliver all frames, then run one timer at a time.
        acts = 0
        while True:
            while self._waiting and self._waiting[0][0] <= self.now:
                _, _, function, argument = heappop(self._waiting)
                function(argument)
            station = self._next_to_act()
            if station is None:
                break
            station.act()
            acts += 1
            assert acts < 1000 + 2 * len(self.stations), "a timer that is always due"

    def _next_to_act(self):
        while self._timers and self._timers[0][0] <= self.now:
            planned, number = heappop(self._timers)
            station = self._numbered.get(number)
            if station and station.planned == planned:
                station.planned = -1
                if station.due() == 0:
                    return station
                self.changed(station)
        return None

    def _soonest(self, until):
        soonest = until + 1
        for heap in (self._waiting, self._timers):
            if heap:
                soonest = min(soonest, heap[0][0])
        return soonest if soonest <= until else None

    def _subscribe(self, station, host):
        # Deliver frames about this address to the station, and no longer frames about the previous address.
        if host == station.subscribed:
            return
        if station.subscribed >= 0:
            watching = self._watching[ip(station.subscribed)]
            watching.remove(station)
            if not watching:
                del self._watching[ip(station.subscribed)]
        if host >= 0:
            self._watching.setdefault(ip(host), []).append(station)
        station.subscribed = host

    def _deliver(self, sent):
        sender, frame = sent
        for station in self.listeners(frame):
            if station is not sender:
                station.on_frame(frame)

    def _echo(self, sent):
        sender, frame = sent
        if sender in self.stations:
            sender.on_frame(frame)


class Station:
    """A station that sends nothing by itself."""

    receives_all = True  # otherwise it receives only the frames that contain the watched address

    def __init__(self, wire, mac):
        self.wire = wire
        self.hwaddr = mac
        # Used by the wire.
        self.number = 0
        self.planned = -1  # ms at which the station acts, or -1
        self.subscribed = -1  # host part of the address about which the wire delivers frames, or -1
        wire.plug(self)

    def due(self):
        return -1

    def act(self):
        pass

    def watched(self):
        return -1

    def on_frame(self, frame):
        pass

    def accepts(self, frame):
        """Does the network chip pass the frame to the host? The chip drops unicast frames to other MACs."""
        return len(frame) < 6 or frame[0] & 1 or frame[:6] == self.hwaddr


class Interface(Station):
    """One interface of a board, with the filter of a link.

    board: a list of all interfaces of the same board, to which this one is added.
    """

    def __init__(self, wire, mac, board=None):
        super().__init__(wire, mac)
        self.address = -1  # host part of the address that is set and in use
        self.malformed = 0
        self.board = [] if board is None else board
        self.board.append(self)

    def kind(self, frame, watched, in_use, own=None):
        """What receive() must return for this frame. 0: the frame is dropped."""
        if not self.accepts(frame):
            return 0
        if not arp_filter.is_arp(frame):
            self.malformed += watched >= 0 and arp_filter.is_malformed(frame, watched)
            return 0
        if arp_filter.sender_mac(frame) in [interface.hwaddr for interface in self.board]:
            return 0
        return arp_filter.kind(frame, self.hwaddr, watched, in_use, own)

    def answer(self, frame):
        """If the frame is an ARP Request for the address in use, reply like autoip's lwIP, with a broadcast
        (RFC 3927 2.5).
        """
        if self.address >= 0 and frame[21:22] == b"\x01" and frame[38:42] == ip(self.address):
            if frame[22:28] != self.hwaddr:
                reply = packet(REPLY, self.hwaddr, ip(self.address), frame[22:28], frame[28:32], BROADCAST)
                self.wire.send(self, reply)


class Host(Interface):
    """A board's interface with a Machine, which it calls exactly as the docstring of acd.py says.

    plug: bring the interface up at once. answers: reply to ARP Requests for the address.
    """

    receives_all = False

    def __init__(
        self,
        wire,
        mac=MAC,
        seed=1,
        first=-1,
        delay=2000,
        abandon=False,
        limit=None,
        board=None,
        plug=True,
        answers=False,
    ):
        random = Random(seed)
        super().__init__(wire, mac, board)
        self.limit = limit or [0, 0, -1]
        self.machine = acd.Machine(
            mac,
            lambda mac, low, high: random(low, high),
            self.limit,
            self._is_taken,
            first,
            delay,
            abandon,
        )
        self.suspended = -1  # host part of the suspended address
        self.events = []  # (ms, word) of the events that a user gets
        self.refuse = 0  # the number of frames that the driver will not accept
        self.answers = answers
        self.actions = 0  # what the machine returned for the last frame
        self._up = self._idle = False
        if plug:
            self.carrier(True)

    def carrier(self, up, mac=None):
        if mac:
            self.hwaddr = mac
        self._up = up
        self.do(self.machine.set_status(up, self._idle, self.wire.ticks(), mac))

    def routable(self, present):
        self._idle = present
        self.do(self.machine.set_status(self._up, present, self.wire.ticks()))

    def count(self, counter):
        return self.machine.counts[acd.COUNTERS.index(counter)]

    def stop(self):
        self.do(self.machine.stop())
        self.board.remove(self)
        self.wire.unplug(self)

    def due(self):
        return self.machine.wait(self.wire.ticks())

    def act(self):
        self.do(self.machine.elapsed(self.wire.ticks()))

    def watched(self):
        return self.machine.watched()

    def on_frame(self, frame):
        self.actions = 0
        kind = self.kind(frame, self.machine.watched(), self.machine.held() >= 0)
        if kind:
            self.actions = self.machine.received(kind, frame[:42], self.wire.ticks())
            self.do(self.actions)
        if not self.actions and self.answers and self.accepts(frame):
            self.answer(frame)

    def do(self, todo):
        """Do what the machine returned, in the order of the bits."""
        machine = self.machine
        if not machine.assigned:
            self.address = self.suspended = -1
        if todo & SUSPENDED:
            self.address, self.suspended = -1, self.address
        if todo & FRAME:
            taken = self._transmit()
            if taken and todo & ASSIGN:
                assert self.address < 0 and self.suspended in (-1, machine.host), "a second address"
                self.address, self.suspended = machine.host, -1
            todo |= machine.sent(taken, self.wire.ticks())
        for bit, word in _EVENTS:
            if todo & bit:
                self.events.append((self.wire.now, word))
        assert self.address == machine.held()
        assert machine.assigned == (self.address >= 0 or self.suspended >= 0)
        self.wire.changed(self)

    def words(self, since=0):
        return [word for ms, word in self.events if ms >= since]

    def _is_taken(self, machine, host):
        return any(other.machine.claims(host) for other in self.board if other is not self)

    def _transmit(self):
        if self.refuse:
            self.refuse -= 1
            return False
        self.wire.send(self, self.machine.frame)
        return True


class Peer(Station):
    """An RFC 826 host that doesn't know RFC 3927. It answers Requests, and has an ARP cache."""

    def __init__(self, wire, host, mac=OTHER):
        super().__init__(wire, mac)
        self.host = host
        self.cache = {}

    def on_frame(self, frame):
        if not self.accepts(frame):
            return
        sender = frame[28:32]
        for_us = frame[38:42] == ip(self.host)
        if sender in self.cache or (for_us and sender != ANY):
            self.cache[sender] = frame[22:28]
        if for_us and frame[21] == REQUEST:
            reply = packet(REPLY, self.hwaddr, ip(self.host), frame[22:28], sender, frame[22:28])
            self.wire.send(self, reply)


class Adversary(Station):
    """Calls on_frame(frame) for every frame of other stations, whatever its destination is."""

    def __init__(self, wire, on_frame, mac=FOREIGN):
        super().__init__(wire, mac)
        self.on_frame = on_frame


class Denier(Adversary):
    """Denies all probes with a Reply, at once or after `delay` ms. alternate: denies the first, third, ...
    probe with a probe, and the others with a Reply.
    """

    def __init__(self, wire, delay=0, alternate=False, mac=FOREIGN):
        super().__init__(wire, self._deny, mac)
        self.active = True
        self._delay = delay
        self._alternate = alternate
        self._turn = 0

    def _deny(self, frame):
        if self.active and is_probe(frame):
            self._turn += 1
            host = target(frame)
            by_probe = self._alternate and self._turn % 2
            answer = probe(self.hwaddr, host) if by_probe else denial(self.hwaddr, host, frame[22:28])
            self.wire.inject(self.wire.now + self._delay, answer)


class Link(Interface):
    """Implements the link contract of autoip.service on this wire. Like the firmware's link, it has a filter
    and a queue of two frames, and its methods fail after close().
    """

    def __init__(self, wire, mac=MAC, name="w0", board=None):
        super().__init__(wire, mac, board)
        self.name = name
        self.on_wake = None
        self.suspended = -1  # host part of the suspended address
        self.prefix = 16
        self.dropped = 0
        self.refuse = 0  # the number of frames that the driver will not accept
        self.calls = []  # (ms, word) of the calls that changed the interface
        self.is_open = True
        self._carrier = True
        self._went_down = False
        self._own = None  # 4 bytes of the lease or static address
        self._reported = None  # the routable address that status() reported
        self._watched = -1
        self._queue = []  # (what receive() returns, frame)
        self._wake_at = -1
        self._scheduled = False

    # Events of the interface

    def carrier(self, up):
        self._carrier = up
        if not up:
            self._went_down = True
            if self.address >= 0:
                self.address, self.suspended = -1, self.address
                self.calls.append((self.wire.now, "suspend"))
        self._schedule()

    def flap(self, _):
        self.carrier(False)
        self.carrier(True)

    def other_address(self, present, address=ROUTABLE):
        """Set or remove a lease or a static address."""
        self.set_silently(address if present else None)
        self._schedule()

    def set_silently(self, address):
        """Set a static address without calling on_wake, as ifconfig() does."""
        self._own = address

    def rename(self, name):
        """Another host uses the board's mDNS name, so the board changes its name to `name`."""
        self.hostname = name
        self._queue.append((_RENAMED, bytes(42)))
        self._schedule()

    def on_frame(self, frame):
        kind = self.kind(frame, self._watched, self.address >= 0, self._own)
        if kind and self.is_open:
            if len(self._queue) == 2:
                self.dropped += 1
            else:
                self._queue.append((kind, frame))
            self._schedule()

    def due(self):
        if self._scheduled:
            return 0
        return max(self._wake_at - self.wire.now, 0) if self._wake_at >= 0 else -1

    def act(self):
        self._scheduled = False
        if 0 <= self._wake_at <= self.wire.now:
            self._wake_at = -1
        self.wire.changed(self)
        if self.on_wake:
            self.on_wake()

    # The link contract

    def mac(self):
        self._check()
        return self.hwaddr

    def status(self):
        self._reported = self._routable()
        return (2 if self._reported else 1) if self._is_usable() else 0

    def routable(self):
        if self._reported != self._routable():
            self._schedule()
            return None
        return self._reported and ".".join([str(byte) for byte in self._reported])

    def counts(self):
        return (self.dropped, self.malformed) if self.is_open else (0, 0)

    def watch(self, host):
        self._check()
        if host != self._watched:
            self._watched = host
            self._queue = [waiting for waiting in self._queue if waiting[0] == arp_filter.ROUTABLE_CLAIM]
        if host < 0:
            self._went_down = False

    def receive(self, buffer):
        if not self._queue or not self.is_open:
            return 0
        kind, frame = self._queue.pop(0)
        for i in range(42):
            buffer[i] = frame[i]
        return kind

    def send(self, frame):
        self._check()
        if not self._is_usable():
            return False
        if self.refuse:
            self.refuse -= 1
            return False
        self.wire.send(self, frame)
        return True

    def assign(self, frame):
        self._check()
        assert {self.address, self.suspended} <= {-1, self._watched}, "a second address"
        if self._queue or not self.send(frame):
            return False
        self.address, self.suspended = self._watched, -1
        self.calls.append((self.wire.now, "assign"))
        return True

    def set_prefix(self, prefix):
        self._check()
        self.prefix = prefix

    def release(self):
        self._check()
        if self.address >= 0 or self.suspended >= 0:
            self.address = self.suspended = -1
            self.calls.append((self.wire.now, "release"))

    def wake(self, ms):
        self._check()
        self._wake_at = self.wire.now + ms if ms >= 0 else -1
        self.wire.changed(self)

    def close(self):
        if not self.is_open:
            return
        self.release()
        self.is_open = False
        self._wake_at = -1
        self._scheduled = False
        self.board.remove(self)
        self.wire.unplug(self)

    def _is_usable(self):
        return self.is_open and self._carrier and not self._went_down

    def _routable(self):
        is_routable = self._own and self._own[:2] != b"\xa9\xfe" and self._is_usable()
        return self._own if is_routable else None

    def _check(self):
        if not self.is_open:
            raise OSError(errno.ENODEV)

    def _schedule(self):
        self._scheduled = True
        self.wire.changed(self)


def power_up(wire, seed=1):
    """Start as if the board had just been switched on: reset the state that services share."""
    service.running.clear()
    service._limits.clear()
    service.time = Clock(wire)
    service.random = Random(seed)


class Clock:
    """Replaces the module `time` in autoip.service."""

    def __init__(self, wire):
        self._wire = wire
        self.ticks_ms = wire.ticks
        self.sleep_ms = wire.sleep

    def ticks_diff(self, end, start):
        return ((end - start + 0x20000000) & TICKS_MAX) - 0x20000000
