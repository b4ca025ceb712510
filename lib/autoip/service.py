# SPDX-License-Identifier: MIT
"""A service joins one machine to one link: what happened goes in, what is to be done comes out.

A link is the wire as a service sees it, and the address on it:

    name                    short name of the interface, for debug reports
    on_wake                 function without arguments, called from the scheduler when frames, the
                            wake-up or a change of the interface are waiting
    mac()                   6 bytes: the interface's MAC, now
    status()                0: the interface is down; or it was, however short, or the board slept so
                            long that a conflict may have been missed, until watch(-1); 1: it is up;
                            2: likewise, with a routable IPv4 address of its own
    routable()              the routable address that the last status() reported, as text; None if it
                            reported none, or if the interface has another address since: then on_wake
                            is called
    counts()                (dropped, malformed): frames lost because the queue was full, and ARP that
                            names the watched address but is no whole ARP Request or Reply of IPv4 over
                            Ethernet
    watch(host)             watch the address with this 16-bit host part for claims and probes, or no
                            address if it is -1; waiting frames about another watched address are dropped
    receive(buffer)         copy the oldest waiting frame into the buffer of 42 bytes, and return what it
                            is. 0: no frame was waiting; 1: a claim, because its sender protocol address is
                            the watched one; 2: a probe for the watched address; 3: an answer, which is a
                            claim that replies to a probe of this interface; 4: a claim of the interface's
                            own address
    send(frame)             send the frame -> true if the driver accepted it; false, too, while status()
                            would return 0
    assign(frame)           send the frame, the announcement of the watched address, and have the
                            address on the interface from that moment on; if it is there already, it is
                            in use from then on -> false, and nothing is done, if send() would return
                            false, or if frames are waiting (they come first)
    set_prefix(prefix)      16, as it is at first: traffic to 169.254/16 leaves by the link-local
                            address; 32: by the interface's own, unless a socket is bound to the
                            link-local one; 0: as 32, and once the link-local address is removed, the
                            sockets that are bound to it move to the interface's own address
    release()               take the address off, if there is one; its TCP connections are reset first
                            (RFC 3927 2.5). Other sockets that are bound to it move to the next address
    wake(ms)                one wake-up after ms, replacing the last; -1: none
    close()                 release(), and leave the interface as it was; on_wake is called no more.
                            After it status() and receive() return 0, routable() returns None, counts()
                            returns (0, 0), close() does nothing, and no other method is called

receive() returns only complete ARP Requests and Replies of IPv4 over Ethernet, without padding, whose
sender hardware address is not that of an interface of this board. A probe is a broadcast Request with
sender protocol address zero (RFC 5227 1.1) that came while the watched address was not in use. An answer is
a Reply with the interface's MAC and address zero as its target. Claims of the interface's own address are
returned once per second at most.

While the interface is down, or was until watch(-1), an assigned address is suspended: nothing goes in or out
by it, but it stays on the interface with its connections.

`_autoip.Link(nic)` is one over lwIP; the host tests have more. All pass the same contract tests.
"""

import errno
import random
import sys
import time

import _autoip
from micropython import const

from . import acd
from .candidates import candidate, text

# Of what the machine returns, see acd.py.
_SEND = const(1)
_ASSIGN = const(2)
_CONFLICT = const(4)
_ROUTABLE = const(128)

_POLL = const(5)  # ms between two polls of wait()
_POLL_ASYNC = const(50)  # ms between two polls of ready() and changed(), which may wait for days
_TIMEOUTS = const(0x20000000)  # ms, 2**29: ticks_diff() reaches no further
_WITH_ROUTABLE = const(2)  # a link's status
_DELAY_MAX = const(8000)  # ms

# Entries of the log, and with the option `debug`.
_ENTRIES = const(8)
_ENTRIES_DEBUG = const(64)

_ON_EVENT = const("on_event: a function, not async def")

_AGAIN = const(100)  # ms until a wake-up that failed, for want of memory, is tried again

running = []  # all services that are not stopped

_limits = {}  # name of an interface -> the limit of its rate, which outlives a service
_frame = bytearray(42)  # the received one that is judged


class Service:
    """A running claim. start() makes it, and describes the attributes.

    nic: what start() was told. first: host part to try first, or -1 for the one in `store`, if there is
    one. The others are options of start(). ValueError for a bad value.
    """

    def __init__(
        self,
        link,
        nic=None,
        first=-1,
        store=None,
        delay=2000,
        abandon=False,
        debug=False,
        old=False,
        force=False,
        on_event=None,
    ):
        if type(delay) is not int or not 1 <= delay <= _DELAY_MAX:
            raise ValueError("delay: 1 - 8000 ms")
        # MicroPython gives an async def another type than a function.
        asynchronous = type(on_event) is type(Service.ready) is not type(_random)
        if asynchronous or not (on_event is None or callable(on_event)):
            raise TypeError(_ON_EVENT)
        self.nic = nic
        self._link = link
        # RFC 3927 1.9, while there is a routable address. 16: both addresses are used. 0: the link-local
        # address is given up. 32: it stays, but new traffic avoids it.
        self._prefix = (32 if force else 0) if old else 16
        self.on_event = on_event
        self._store = store
        # Three items an entry: ticks_ms, word and host part.
        self._log = [None] * (3 * (_ENTRIES_DEBUG if debug else _ENTRIES))
        self._todo = 0
        self._status = 0  # of the link, as the machine was told
        self._offender = bytearray(6)
        if force and not old:
            self._note("force without old", -1)
        if first < 0 and store:
            first = store.load()
        limit = _limits.setdefault(link.name, acd.new_limit())
        self._machine = acd.Machine(link.mac(), _random, limit, _is_taken, first, delay, abandon)
        # All from here on happens in the scheduler, which Python can't interrupt.
        link.on_wake = self._wake
        link.wake(0)
        running.append(self)

    # Public face

    def __repr__(self):
        return "<autoip %s %s %s %s>" % (self.name, self.state, self.address, self.stats())

    @property
    def name(self):
        """The short name of the interface in lwIP, "e0"."""
        return self._link.name

    @property
    def address(self):
        """ "169.254.x.y" while it is held, else None."""
        return text(self._machine.held())

    @property
    def previous(self):
        """The address held before, or None; at "suspended" and "lost" the one that this is about."""
        return text(self._machine.previous)

    @property
    def contested(self):
        """The address of the last conflict; None if there was none, or it was about the routable one."""
        return text(self._machine.contested)

    @property
    def offender(self):
        """MAC (6 bytes) of the host in the last conflict; zeros if there was none."""
        return bytes(self._offender)

    @property
    def state(self):
        """One word: "waiting" (for the link, or for the rate limit to expire), "probing", "bound",
        "idle" (with `old`: a routable address is present), "stopped".
        """
        return acd.STATES[self._machine.state]

    @property
    def routable(self):
        """The interface's own address, leased or set by hand, if it is routable; else None."""
        return self._link.routable()

    @property
    def reachable(self):
        """The address that wait() would return now, or None; None also once the service is stopped."""
        return self.routable if self.state == "idle" else self.address

    def wait(self, timeout_ms=None):
        """Block until the board can be reached and return its address: the link-local one, or with `old`
        the routable one that is there in its place. The scheduler keeps running. With `remember` the
        address is saved.

        timeout_ms: 0 - 2**29 - 1 (6 days), or None for no limit. ValueError if it is something else,
        OSError(ETIMEDOUT), or OSError(ENOTCONN) once the service is stopped. RuntimeError in on_event and in
        every other callback of the scheduler, because nothing changes until the callback returns.
        """
        if timeout_ms is not None and not (type(timeout_ms) is int and 0 <= timeout_ms < _TIMEOUTS):
            raise ValueError("timeout_ms: 0 - 2**29 - 1")
        _autoip.refuse_callback()
        start = time.ticks_ms()
        while not (address := self._reached()):
            if timeout_ms is not None and time.ticks_diff(time.ticks_ms(), start) >= timeout_ms:
                raise OSError(errno.ETIMEDOUT)
            time.sleep_ms(_POLL)
        return address

    async def ready(self):
        """As wait(), for asyncio; for a limit use asyncio.wait_for_ms()."""
        return await self.changed(None)

    async def changed(self, known=0):
        """Wait, for asyncio, until `reachable` is not `known`; return the new value, an address or None. With
        `remember` the address is saved.

        known: the address that the caller knows, or None; by default the one at the time of the call. A loop
        that passes the last result misses no change. OSError(ENOTCONN) once the service is stopped.
        """
        import asyncio

        if known == 0:
            known = self.reachable
        while (address := self._reached()) == known:
            await asyncio.sleep_ms(_POLL_ASYNC)
        return address

    def _reached(self):
        if not self._machine.state:
            raise OSError(errno.ENOTCONN)
        store = self._store
        host = self._machine.held()
        if store and store.tried != host:
            store.tried = host  # A full disk must not cost the address, nor time at each poll.
            try:
                store.save(host)
            except OSError as error:
                sys.print_exception(error)
        return self.reachable

    def save(self):
        """Write the address to the file of `remember`. wait(), ready() and changed() do this as well, once
        for each address. Nothing happens without `remember`, without an address, or if the file has it.

        OSError as the file system raises it; RuntimeError in a callback of the scheduler, because that
        may have interrupted the file system.
        """
        _autoip.refuse_callback()
        if self._store:
            self._store.save(self._machine.held())

    def stats(self):
        """Counters since start: probes, announcements and defences sent; conflicts with the link-local
        address, those whose Ethernet source is not the ARP sender (mismatched), and with the routable
        address; moves to another address; frames dropped from a full queue, and malformed ones.
        """
        # MicroPython's zip() has no `strict`.
        counters = dict(zip(acd.COUNTERS, self._machine.counts))  # noqa: B905
        counters["dropped"], counters["malformed"] = self._link.counts()
        return counters

    def log(self):
        """The last 8 events, oldest first: a list of (ticks_ms, word, address or None). With `debug` the
        last 64, ARP packets sent among them. A line each: print(*service.log(), sep="\\n").
        """
        log = self._log
        entries = []
        for i in range(0, len(log), 3):
            if log[i + 1]:
                entries.append((log[i], log[i + 1], text(log[i + 2])))
        return entries

    def stop(self):
        """Give the link-local address up, and only that. A second call does nothing."""
        listed = self in running
        if listed:
            running.remove(self)
        # Neither Ctrl-C nor the scheduler comes in from the list to the end of the machine: there is no jump.
        self._link.on_wake = None
        self._link.close()
        self._status = 0
        self._do(self._machine.stop())
        if listed:
            self._tell("stopped", -1)

    # From the link

    def _wake(self):
        # Ctrl-C, or want of memory, may end this anywhere: the next one goes on from there. A frame that
        # was being judged is lost then, and an event that was being told.
        self._link.wake(_AGAIN)
        self._do(0)
        # The first status may be that of a flap that is over; the second is the one of now.
        self._follow_status()
        self._follow_status()
        # Before a timer that is due: there is no announcement for an address that was denied.
        while kind := self._link.receive(_frame):
            todo = self._machine.received(kind, _frame, time.ticks_ms())
            acd.copy_mac(_frame, self._offender)
            self._do(todo)
        self._do(self._machine.elapsed(time.ticks_ms()))
        if self._machine.state:
            self._link.wake(self._machine.wait(time.ticks_ms()))

    def _follow_status(self):
        machine = self._machine
        status = self._link.status()
        mac = None
        if status != self._status:
            if not self._status:
                mac = self._link.mac()
            self._link.set_prefix(self._prefix if status == _WITH_ROUTABLE else 16)
            self._note(("down", "up", "routable")[status], -1)
        idle = status == _WITH_ROUTABLE and not self._prefix
        todo = machine.set_status(status, idle, time.ticks_ms(), mac)
        self._status = status
        self._do(todo)

    # To the link

    def _do(self, todo):
        machine = self._machine
        self._todo |= todo
        host = machine.contested if self._todo & (_CONFLICT | _ROUTABLE) else machine.host
        stopped = not machine.state
        if not stopped:
            if not machine.assigned:
                self._link.release()
            self._link.watch(machine.watched())
            if self._todo & (_SEND | _ASSIGN):
                self._send()
        todo, self._todo = self._todo, 0
        event = _CONFLICT
        for word in acd.EVENTS:
            # A callback may stop the service: what it has not heard yet is not told after "stopped".
            if todo & event and (stopped or machine.state):
                self._tell(word, host)
            event <<= 1

    def _send(self):
        machine = self._machine
        if self._todo & _ASSIGN:
            taken = self._link.assign(machine.frame)
        else:
            taken = self._link.send(machine.frame)
        self._todo = self._todo & ~(_SEND | _ASSIGN) | machine.sent(taken, time.ticks_ms())
        if not taken:
            self._note("unsent", machine.host)
        elif len(self._log) > 3 * _ENTRIES:
            self._note("probe" if machine.held() < 0 else "announcement", machine.host)

    # To the user

    def _tell(self, event, host):
        self._note(event, host)
        if self.on_event:
            try:
                if hasattr(self.on_event(event, self), "throw"):  # a coroutine, which nobody runs
                    raise TypeError(_ON_EVENT)
            except Exception as error:
                sys.print_exception(error)

    def _note(self, event, host):
        log = self._log
        for i in range(3, len(log)):
            log[i - 3] = log[i]
        log[-3] = time.ticks_ms()
        log[-2] = event
        log[-1] = host


def _is_taken(machine, host):
    # RFC 3927 3.4: two interfaces of one board, which may be on one link, have two addresses.
    for service in running:
        if service._machine is not machine and service._machine.claims(host):
            return True
    return False


def _random(mac, low, high):
    # Boards whose generators start alike part by what their MACs give (RFC 3927 2.1).
    return low + (random.getrandbits(24) + candidate(mac, 1)) % (high - low + 1)
