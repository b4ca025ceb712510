# SPDX-License-Identifier: MIT
"""A service connects one state machine (acd.py) to one link.

The machine receives the link's events and returns the actions to take. A link gives access to one interface,
and to the link-local address on it:

    name                    short name of the interface, for debug reports
    hostname                the board's mDNS name, such as "lamp.local"; exists if receive() can return 5
    on_wake                 function without arguments. The scheduler calls it after a frame has arrived, the
                            time set with wake() has passed, or the interface has changed
    mac()                   the present MAC of the interface, 6 bytes
    status()                0: the interface is down. 1: it is up. 2: it is up and has a routable IPv4
                            address. Once the interface has been down, even briefly, or the board has slept so
                            long that it may have missed a conflict, returns 0 until watch(-1) is called
    routable()              the routable address that the last status() reported, as text, or None if it
                            reported none. If the interface's address has changed since then, returns
                            None, and on_wake is called
    counts()                (dropped, malformed): frames lost because the queue was full, and ARP packets
                            that name the watched address but are not complete ARP Requests or Replies of
                            IPv4 over Ethernet
    watch(host)             watch the address with this 16-bit host part for claims and probes; -1: no
                            address. If this changes the address, drop waiting frames about the previous one
    receive(buffer)         copy the oldest waiting frame into the buffer of 42 bytes, and return its
                            kind. 0: no frame was waiting; 1: a claim, whose sender protocol address is
                            the watched address; 2: a probe for the watched address; 3: an answer, which
                            is a claim that replies to a probe of this interface; 4: a claim of the
                            interface's own address, which is leased or static; 5: not a frame, but another
                            host has the board's mDNS name, so the link has chosen a new `hostname`
    send(frame)             send the frame; returns true if the driver accepted it. Returns false while
                            status() would return 0
    assign(frame)           send the frame, which announces the watched address, and in the same step set
                            the address on the interface, or use a suspended address again. Does nothing
                            and returns false if send() would return false, or if frames are waiting,
                            because the waiting frames must be processed first
    set_prefix(prefix)      16, the initial value: traffic to 169.254/16 leaves from the link-local address.
                            32: it leaves from the interface's own address, unless a socket is bound to the
                            link-local address. 0: like 32, and once the link-local address is removed, the
                            sockets bound to it move to the interface's own address
    release()               remove the address, if it is set. Its TCP connections are reset first (RFC 3927
                            2.5). Other sockets that are bound to it move to the next assigned address or,
                            with prefix 0, to the interface's own address
    wake(ms)                call on_wake once after this time, which replaces the earlier time; -1: never
    close()                 release() the address, restore the former state of the interface, and stop calling
                            on_wake. Afterwards status() and receive() return 0, routable() returns None,
                            counts() returns (0, 0), close() does nothing, and the other methods must not be
                            called

receive() returns only complete ARP Requests and Replies of IPv4 over Ethernet, without padding, whose sender
hardware address is not that of an interface of this board. A probe is a broadcast Request with sender
protocol address zero (RFC 5227 1.1) that arrived while this board did not use the watched address. An answer
is a Reply whose target hardware address is the interface's MAC and whose target protocol address is zero.
Claims of the interface's own address are returned at most once per second.

While status() returns 0, an assigned address is suspended: nothing is sent or received with it, but it stays
on the interface with its connections.

`_autoip.Link(nic)` is a link that uses lwIP. The host tests have other links. All links pass the same tests.
"""

import errno
import random
import sys
import time

import _autoip
from micropython import const

from . import acd
from .candidates import candidate, text

# The bits that the machine returns, see acd.py.
_SEND = const(1)
_ASSIGN = const(2)
_CONFLICT = const(4)
_ROUTABLE = const(128)

_POLL = const(5)  # ms between two polls of wait()
_POLL_ASYNC = const(50)  # ms between two polls of ready() and changed(), which may wait for days
_TIMEOUTS = const(0x20000000)  # ms; ticks_diff() can't measure 2**29 ms or more
_WITH_ROUTABLE = const(2)  # a value of Link.status()
_RENAMED = const(5)  # a value of Link.receive()
_DELAY_MAX = const(8000)  # ms

# The number of entries in the log, without and with the option `debug`.
_ENTRIES = const(8)
_ENTRIES_DEBUG = const(64)

_ON_EVENT = const("on_event: a function, not async def")

_AGAIN = const(100)  # ms until a wake-up that failed because memory was full is retried

running = []  # all services that are not stopped

_limits = {}  # name of an interface -> its rate limit, which outlives a service
_frame = bytearray(42)  # the received frame


class Service:
    """The service of an interface. start() creates it and documents its options.

    nic: the `nic` of start(). first: the host part to try first, or -1 to try the address in `store`, if it
    has one. The other arguments are options of start(). ValueError for a bad value.
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
        # In MicroPython, an async def and a function have different types.
        asynchronous = type(on_event) is type(Service.ready) is not type(_random)
        if asynchronous or not (on_event is None or callable(on_event)):
            raise TypeError(_ON_EVENT)
        self.nic = nic
        self._link = link
        # The prefix while there is a routable address (RFC 3927 1.9). 16: both addresses are used. 0: the
        # link-local address is given up. 32: it stays for open connections, replies and bound sockets.
        self._prefix = (32 if force else 0) if old else 16
        self.on_event = on_event
        self._store = store
        # Each entry has three items: ticks_ms, word and host part.
        self._log = [None] * (3 * (_ENTRIES_DEBUG if debug else _ENTRIES))
        self._todo = 0
        self._status = 0  # the link status that the machine last got
        self._offender = bytearray(6)
        if force and not old:
            self._note("force without old", -1)
        if first < 0 and store:
            first = store.load()
        limit = _limits.setdefault(link.name, [0, 0, -1])
        self._machine = acd.Machine(link.mac(), _random, limit, _is_taken, first, delay, abandon)
        # From here on, the scheduler calls the service. The program can't interrupt such a call.
        link.on_wake = self._wake
        link.wake(0)
        running.append(self)

    # The public methods

    def __repr__(self):
        return "<autoip %s %s %s %s>" % (self.name, self.state, self.address, self.stats())

    @property
    def name(self):
        """The short name of the interface in lwIP, for example "e0"."""
        return self._link.name

    @property
    def address(self):
        """The link-local address while the board holds it, else None."""
        return text(self._machine.held())

    @property
    def previous(self):
        """The last suspended or lost address, or None. autoip sets it before it calls on_event."""
        return text(self._machine.previous)

    @property
    def contested(self):
        """The link-local address of the last conflict, or None. A routable conflict resets it to None."""
        return text(self._machine.contested)

    @property
    def offender(self):
        """The MAC (6 bytes) of the other host in the last conflict, or zeros if there was no conflict."""
        return bytes(self._offender)

    @property
    def state(self):
        """The state: "waiting" (for the link, or for the minute between attempts after ten conflicts),
        "probing", "bound", "idle" (with `old`: there is a routable address) or "stopped".
        """
        return acd.STATES[self._machine.state]

    @property
    def routable(self):
        """The interface's own address, leased or static, if it is routable, else None."""
        return self._link.routable()

    @property
    def reachable(self):
        """The address that wait() would return now. It is None if wait() would wait, and after stop()."""
        return self.routable if self.state == "idle" else self.address

    def wait(self, timeout_ms=None):
        """Wait until the board can be reached, and return its address. This is the link-local address, or,
        with `old`, the routable address if there is one. Callbacks of the scheduler run while wait() blocks.
        With `remember`, wait() saves the link-local address to the file.

        timeout_ms: 0 to 536870911 (6 days), or None for no limit. ValueError for any other value.
        OSError(ETIMEDOUT) after this time, OSError(ENOTCONN) once the service is stopped. RuntimeError in
        on_event and in every other callback of the scheduler, because the service can't continue until the
        callback returns.
        """
        if timeout_ms is not None and not (type(timeout_ms) is int and 0 <= timeout_ms < _TIMEOUTS):
            raise ValueError("timeout_ms: 0 to 536870911")
        _autoip.refuse_callback()
        start = time.ticks_ms()
        while not (address := self._reached()):
            if timeout_ms is not None and time.ticks_diff(time.ticks_ms(), start) >= timeout_ms:
                raise OSError(errno.ETIMEDOUT)
            time.sleep_ms(_POLL)
        return address

    async def ready(self):
        """Like wait(), for asyncio. Use asyncio.wait_for_ms() to limit the time."""
        return await self.changed(None)

    async def changed(self, known=0):
        """A coroutine that waits until `reachable` differs from `known`, and returns the new value, which is
        an address or None. With `remember`, changed() saves the link-local address to the file.

        known: the address that the caller knows, or None. The default, 0, means the value of `reachable` at
        the time of the call. To detect changes between two calls, pass the result of the first call to the
        second. OSError(ENOTCONN) once the service is stopped.
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
            store.tried = host  # try only once: a full disk must not slow down each poll
            try:
                store.save(host)
            except OSError as error:
                sys.print_exception(error)
        return self.reachable

    def save(self):
        """Write the address to the file of `remember`. wait(), ready() and changed() do this as well, once
        for each address. Does nothing without `remember`, without an address, or if the file is up to date.

        OSError from the file system. RuntimeError in a callback of the scheduler, because the callback may
        have interrupted the file system.
        """
        _autoip.refuse_callback()
        if self._store:
            self._store.save(self._machine.held())

    def stats(self):
        """Counters since the start. "probes", "announcements", "defences": packets sent. "conflicts":
        conflicts on the link-local address. "mismatched": conflicts on this address in which the Ethernet
        source address differs from the ARP sender hardware address. "routable_conflicts": conflicts on the
        routable address. "moves": conflicts after which the service gave up its address. "dropped": frames
        lost because the queue was full. "malformed": malformed ARP packets with the probed or held address.
        """
        # MicroPython's zip() doesn't have `strict`.
        counters = dict(zip(acd.COUNTERS, self._machine.counts))  # noqa: B905
        counters["dropped"], counters["malformed"] = self._link.counts()
        return counters

    def log(self):
        """The last 8 entries, oldest first, as a list of (ticks_ms, word, address or None). With `debug`, the
        last 64 entries, including sent ARP packets. To print one per line: print(*service.log(), sep="\\n").
        """
        log = self._log
        entries = []
        for i in range(0, len(log), 3):
            if log[i + 1]:
                entries.append((log[i], log[i + 1], text(log[i + 2])))
        return entries

    def stop(self):
        """Give up the link-local address. Other addresses stay. A second call does nothing."""
        listed = self in running
        if listed:
            running.remove(self)
        # From here to machine.stop() there is no branch, so neither Ctrl-C nor the scheduler can interrupt.
        self._link.on_wake = None
        self._link.close()
        self._status = 0
        self._do(self._machine.stop())
        if listed:
            self._emit("stopped", -1)

    # Events from the link

    def _wake(self):
        # Ctrl-C or a MemoryError may end this anywhere. The next wake-up continues, but the frame that was
        # being processed and the event that was being reported are lost.
        self._link.wake(_AGAIN)
        self._do(0)
        # The first call may handle a short interruption that has ended. The second handles the present state.
        self._follow_status()
        self._follow_status()
        # Process frames before a due timer, so that an address that another host claims is not announced.
        while kind := self._link.receive(_frame):
            if kind == _RENAMED:
                self._emit(self._link.hostname, -1)
                continue
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

    # Actions on the link

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
            # A callback may stop the service. Then "stopped" is the last event.
            if todo & event and (stopped or machine.state):
                self._emit(word, host)
            event <<= 1

    def _send(self):
        machine = self._machine
        if self._todo & _ASSIGN:
            accepted = self._link.assign(machine.frame)
        else:
            accepted = self._link.send(machine.frame)
        self._todo = self._todo & ~(_SEND | _ASSIGN) | machine.sent(accepted, time.ticks_ms())
        if not accepted:
            self._note("unsent", machine.host)
        elif len(self._log) > 3 * _ENTRIES:
            self._note("probe" if machine.held() < 0 else "announcement", machine.host)

    # Events for the user

    def _emit(self, event, host):
        self._note(event, host)
        if self.on_event:
            try:
                if hasattr(self.on_event(event, self), "throw"):  # a coroutine, which would never run
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
    # RFC 3927 3.4: two interfaces of one board may be on one link, so they must have different addresses.
    for service in running:
        if service._machine is not machine and service._machine.claims(host):
            return True
    return False


def _random(mac, low, high):
    # Boards whose generators start with the same value get different numbers, because their MACs differ
    # (RFC 3927 2.1).
    return low + (random.getrandbits(24) + candidate(mac, 1)) % (high - low + 1)
