"""A service joins one machine to one link: what happened goes in, what is to be done comes out.

A link is the wire as a service sees it:

    mac                     6 bytes
    name                    short name of the interface, for the log
    up                      False while the link is down, and once after it was, however short
    routable                True while the interface has an IPv4 address of its own
    drops                   frames lost because the queue was full, counted
    on_wake                 function without arguments, called from the scheduler when frames, the
                            wake-up, a link or an address change are waiting
    watch(host)             16-bit host part whose conflicts and probes are wanted, or -1
    receive(buffer)         -> length of the oldest waiting frame, now in the buffer, or 0
    is_claimed(frame)       does the frame, of another host, claim the interface's own address?
    send(frame)             -> True if the driver took it
    wake(ms)                one wake-up after ms, replacing the last; -1: none
    assign(host, narrow)    put 169.254.x.y/16 on the interface, beside its own address; with `narrow`
                            as /32, so that traffic to 169.254/16 leaves by the interface's own
    release()               take it off; its TCP connections are reset first (RFC 3927 2.5)
    close()                 leave the interface as it was; on_wake is called no more

`_autoip.Link(nic)` is one over lwIP; the host tests have more. All pass the same contract tests.
"""

import errno
import random
import sys
import time

from micropython import const

from . import acd, arp
from .candidates import candidate, text
from .log import Log

_POLL = const(5)  # ms between two looks of wait() and ready()
_AGAIN = const(100)  # ms until a wake-up that failed, for want of memory, is tried again

# Events in the order in which they are told: what is over comes before what follows from it.
_EVENTS = (
    (acd.CONFLICT, "conflict"),
    (acd.DEFENDED, "defended"),
    (acd.LOST, "lost"),
    (acd.BOUND, "bound"),
)
_STATES = ("stopped", "waiting", "idle", "probing", "announcing", "bound")

_machines = []  # those of all running services: siblings of each other
_limits = {}  # name of the link -> its RateLimit, which outlives the service


class Service:
    """A running claim. start() makes it; the attributes are described there and in the README."""

    def __init__(
        self,
        link,
        first=-1,
        delay=2000,
        abandon=False,
        debug=False,
        old=False,
        force=False,
        on_event=None,
        store=None,
    ):
        self._link = link
        self._old = old
        self._force = old and force
        self._on_event = on_event
        self._store = store
        self._log = Log(link.name, debug)
        self._frame = bytearray(arp.LENGTH)
        self._salt = candidate(link.mac, 1)
        self._previous = self._contested = self._watched = -1
        self._routable_conflicts = self._todo = 0
        self._up = self._routable = False
        if force and not old:
            self._note("force without old: ignored", -1)
        if first < 0 and store:
            first = store.load()
        limit = _limits.setdefault(link.name, acd.RateLimit())
        self._machine = acd.Machine(link.mac, self._random, limit, _machines, first, delay, abandon)
        self._machine.start()
        # All from here on happens in the scheduler, which Python can't interrupt.
        link.on_wake = self._wake
        link.wake(0)

    # Public face

    @property
    def address(self):
        """ "169.254.x.y" while it is held, else None."""
        host = self._machine.held()
        return text(host) if host >= 0 else None

    @property
    def previous(self):
        """The address held before, or None; at the event "lost" the one that was lost."""
        return text(self._previous) if self._previous >= 0 else None

    @property
    def contested(self):
        """The address of the last conflict, or None."""
        return text(self._contested) if self._contested >= 0 else None

    @property
    def offender(self):
        """MAC (6 bytes) of the host in the last conflict; zeros if there was none."""
        return bytes(self._machine.offender)

    @property
    def state(self):
        """One word: "waiting" (for the link, or out a rate limit), "probing", "announcing" (held,
        the second announcement is to come), "bound", "idle" (a routable address is there), "stopped".
        """
        return _STATES[self._machine.state]

    def wait(self, timeout_ms=None):
        """Block until an address is held and return it; the scheduler keeps running.

        timeout_ms: 0 - 2**29 - 1 (6 days), or None for no limit. OSError(ETIMEDOUT), or
        OSError(ENOTCONN) once the service is stopped. Not for use in on_event: the scheduler stands
        still there.
        """
        start = time.ticks_ms()
        while not (address := self._address_or_raise()):
            if timeout_ms is not None and time.ticks_diff(time.ticks_ms(), start) >= timeout_ms:
                raise OSError(errno.ETIMEDOUT)
            time.sleep_ms(_POLL)
        return address

    async def ready(self):
        """As wait(), for asyncio; for a limit use asyncio.wait_for_ms()."""
        import asyncio

        while not (address := self._address_or_raise()):
            await asyncio.sleep_ms(_POLL)
        return address

    def stats(self):
        """Counters since start: probes, announcements and defences sent, conflicts seen, moves to
        another address, and frames dropped: lost from a full queue, not an ARP packet of IPv4 over
        Ethernet, or (not dropped, but counted) with an Ethernet source that is not the ARP sender.
        """
        m = self._machine
        return {
            "probes": m.probes,
            "announcements": m.announcements,
            "conflicts": m.conflicts,
            "defences": m.defences,
            "moves": m.moves,
            "dropped": self._link.drops,
            "malformed": m.malformed,
            "mismatched": m.mismatched,
            "routable_conflicts": self._routable_conflicts,
        }

    def log(self):
        """The last events, oldest first: a list of (ticks_ms, word, address or None)."""
        return self._log.entries()

    def stop(self):
        """Give the link-local address up, and only that. A second call does nothing."""
        self._link.on_wake = None  # the scheduler could interrupt what follows
        if self._machine.state == acd.STOPPED:
            return
        todo = self._machine.stop()
        lost, self._watched = self._watched, -1
        try:
            if todo & acd.RELEASE:
                self._previous = lost
                self._link.release()
        finally:
            self._link.close()
        self._tell_all(todo, lost)
        self._note("stopped", -1)
        self._tell("stopped")

    # From the link

    def _wake(self):
        # Ctrl-C, or want of memory, may end this anywhere: the next one does what is left.
        self._link.wake(_AGAIN)
        self._do(0)
        self._follow_link()
        self._judge_frames()
        self._do(self._machine.elapsed(time.ticks_ms()))
        if self._machine.state != acd.STOPPED:
            self._link.wake(self._machine.wait(time.ticks_ms()))

    def _follow_link(self):
        # The first look may tell of a flap that is over, the second tells how it is now.
        self._follow_up(self._link.up)
        self._follow_up(self._link.up)
        routable = self._link.routable
        if routable != self._routable:
            self._routable = routable
            self._note("routable" if routable else "unroutable", -1)
            self._yield_to(routable)

    def _follow_up(self, up):
        if up != self._up:
            self._todo |= self._machine.link(up, time.ticks_ms(), self._link.mac if up else None)
            self._up = up
            self._note("up" if up else "down", -1)
            self._do(0)

    def _yield_to(self, routable):
        # RFC 3927 1.9: a routable address beside the link-local one. QNX has both; `old` gives the
        # link-local one up, and with `force` only turns new traffic away from it.
        if self._force:
            self._assign()
        elif self._old:
            self._do(self._machine.routable(routable, time.ticks_ms()))

    def _judge_frames(self):
        # Before a timer that is due: there is no announcement for an address that was denied.
        length = self._link.receive(self._frame)
        while length:
            if self._routable and self._link.is_claimed(self._frame):
                self._warn()
            else:
                self._do(self._machine.received(self._frame, length, time.ticks_ms()))
            length = self._link.receive(self._frame)

    # To the link

    def _do(self, todo):
        self._todo |= todo
        contested = self._watched
        if self._todo & acd.RELEASE:
            self._previous = contested
            self._link.release()
        watched = self._machine.watched()
        if watched != contested:
            self._link.watch(watched)
            self._watched = watched
        if self._todo & acd.SEND:
            self._send()
        if self._todo & acd.ASSIGN:
            self._assign()
        todo, self._todo = self._todo, 0
        if todo >= acd.CONFLICT:
            self._tell_all(todo, contested)

    def _assign(self):
        host = self._machine.held()
        if host >= 0:
            self._link.assign(host, self._force and self._routable)

    def _send(self):
        machine = self._machine
        taken = self._link.send(machine.frame)
        self._todo = self._todo & ~acd.SEND | machine.sent(taken, time.ticks_ms())
        if not taken:
            self._note("unsent", machine.host)
        else:
            self._note("probe" if machine.state == acd.PROBING else "announcement", machine.host)

    # To the user

    def _address_or_raise(self):
        if self._machine.state == acd.STOPPED:
            raise OSError(errno.ENOTCONN)
        return self.address

    def _tell_all(self, todo, contested):
        # A callback may stop the service: then what it has not heard yet is not told after "stopped".
        stopping = self._machine.state == acd.STOPPED
        for bit, word in _EVENTS:
            if todo & bit and (stopping or self._machine.state != acd.STOPPED):
                if bit == acd.CONFLICT:
                    self._contested = contested
                self._note(word, contested)
                self._tell(word)
                if bit == acd.BOUND and self._store:
                    self._remember(contested)

    def _tell(self, event):
        if self._on_event:
            try:
                self._on_event(event, self)
            except Exception as error:
                _report(error)

    def _warn(self):
        # RFC 5227 2.4: a conflict on the routable address is its owner's business: DHCP's, or the user's.
        self._routable_conflicts += 1
        arp.copy_sender(self._frame, self._machine.offender)
        self._note("routable conflict", -1)
        self._tell("routable conflict")

    def _note(self, word, host):
        try:
            self._log.note(time.ticks_ms(), word, host)
        except Exception as error:
            _report(error)

    def _remember(self, host):
        try:
            self._store.save(host)
        except OSError as error:
            _report(error)

    def _random(self, low, high):
        # Boards whose generators start alike part by what their MACs give (RFC 3927 2.1).
        return low + (random.getrandbits(24) + self._salt) % (high - low + 1)


def _report(error):
    sys.print_exception(error)
