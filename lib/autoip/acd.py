"""The address-conflict-detection machine of RFC 3927 and RFC 5227, for one interface.

It sees no clock, no socket and no interface. Each input returns what is to be done, as bits; the
caller does it in the order of the bits, lowest first:

    RELEASE     the address may not be used any more: take it off the interface
    SEND        hand `frame` to the driver, then call sent() and do what it returns as well
    ASSIGN      `host` is ours: put it on the interface
    CONFLICT    tell: another host uses or probes our address; its MAC is in `offender`
    DEFENDED    tell: the conflict was answered with an announcement
    LOST        tell: the address is gone
    BOUND       tell: the address is held and may be used (RFC 5227 2.3: from the first announcement)

        state        left by                                       to
        STOPPED      start                                         WAITING
        WAITING      link up, and no rate limit or its end         PROBING
        PROBING      conflict                                      PROBING with the next candidate,
                                                                   or WAITING for the rate limit
                     3 probes and 2 s of silence: announcement 1   ANNOUNCING
        ANNOUNCING   announcement 2                                HELD
        ANNOUNCING,  conflict, the first within 10 s               the same state, defended
        HELD         conflict, the second, or the first with       PROBING with the next candidate,
                     `abandon`                                     or WAITING for the rate limit
        IDLE         no routable address any more                  WAITING
        any          link down                                     WAITING
                     a routable address on the interface           IDLE
                     stop                                          STOPPED

Time is in ms and wraps at 2**30, as MicroPython's ticks_ms() does.
"""

from micropython import const

from . import arp
from .candidates import candidate

STOPPED = const(0)
WAITING = const(1)
IDLE = const(2)
PROBING = const(3)
ANNOUNCING = const(4)
HELD = const(5)

RELEASE = const(1)
SEND = const(2)
ASSIGN = const(4)
CONFLICT = const(8)
DEFENDED = const(16)
LOST = const(32)
BOUND = const(64)

# RFC 3927 section 9. The four that pace the probes come from the option `delay`, whose default of
# 2,000 ms gives the RFC's PROBE_WAIT 1 s, PROBE_MIN 1 s, PROBE_MAX 2 s and ANNOUNCE_WAIT 2 s.
_PROBE_NUM = const(3)
_ANNOUNCE_INTERVAL = const(2000)  # ms
_MAX_CONFLICTS = const(10)
_RATE_LIMIT_INTERVAL = const(60000)  # ms
_DEFEND_INTERVAL = const(10000)  # ms

_CALM = const(600000)  # ms, the longest of all: an address is held until earlier losses are forgotten
_RETRY = const(100)  # ms until a frame that the driver did not take is sent again

_TICKS_MAX = const(0x3FFFFFFF)


class RateLimit:
    """Bounds the rate of new candidates; kept over stop() and start(), which must not shorten it.

    From the tenth conflict on, a new claim waits a minute (RFC 5227 2.1.1). What counts are the
    candidates denied since the last successful claim, and the addresses lost after one; these are
    forgotten when an address was held for ten minutes.
    """

    def __init__(self):
        self._denied = 0
        self._lost = 0
        self._pause = -1
        self._calm = -1

    def denied(self, now):
        self._denied += 1
        self._limit(now)

    def lost(self, now):
        self._lost += 1
        self._calm = -1
        self._limit(now)

    def claimed(self, now):
        self._denied = 0
        if self._lost:
            self._calm = _after(now, _CALM)

    def released(self):
        self._calm = -1

    def is_pausing(self, now):
        """Has a new claim to wait?"""
        return _left(self._pause, now) > 0

    def elapsed(self, now):
        """Time has passed: end what is over."""
        if _left(self._pause, now) == 0:
            self._pause = -1
        if _left(self._calm, now) == 0:
            self._calm = -1
            self._lost = 0

    def wait(self, now):
        """Time until elapsed() is due, or -1 while nothing is."""
        return _sooner(_left(self._calm, now), _left(self._pause, now))

    def _limit(self, now):
        if self._denied + self._lost >= _MAX_CONFLICTS:
            self._pause = _after(now, _RATE_LIMIT_INTERVAL)


class Machine:
    """One interface's claim on a link-local address.

    mac: the interface's 6 bytes. random(low, high): an int, both ends included. limit: the
    interface's RateLimit. siblings: a list of all machines of this host, which this one joins: their
    MACs are not foreign and their addresses not free (RFC 5227 2.1.1, RFC 3927 3.4). first: host
    part to try first, or -1. delay: 1 - 8000 ms. abandon: give up on the first conflict.
    """

    def __init__(self, mac, random, limit, siblings, first=-1, delay=2000, abandon=False):
        self.mac = mac
        self.state = STOPPED
        self.frame = arp.new_request(mac)
        self.offender = bytearray(6)
        self.probes = self.announcements = self.conflicts = 0
        self.defences = self.moves = self.malformed = self.mismatched = 0
        self._random = random
        self._limit = limit
        self._siblings = siblings
        self._delay = delay
        self._abandon = abandon
        self._attempt = 0
        self._probes_left = 0
        self._defending = False
        self._up = False
        self._routable = False
        self._step = -1
        self._defence = -1
        self._retry = -1
        self.host = first
        if first < 0:
            self._choose()

    # Inputs

    def start(self):
        """Begin; the link counts as down and without a routable address until told otherwise."""
        self._siblings.append(self)
        self.state = WAITING

    def stop(self):
        """Give everything up. The machine can't be started again."""
        todo = self._let_go(STOPPED)
        self._siblings.remove(self)
        return todo

    def link(self, up, now, mac=None):
        """The link came up or went down; on coming up `mac` may be a new one."""
        self._up = up
        if up and mac:
            self.mac = mac
            arp.set_sender(self.frame, mac)
        return self._follow(now)

    def routable(self, present, now):
        """A routable address appeared on the interface or went from it."""
        self._routable = present
        return self._follow(now)

    def received(self, frame, length, now):
        """Judge a received frame. Frames that are due together with a timer come first."""
        if self.state < PROBING:
            return 0
        if not arp.is_packet(frame, length):
            self.malformed += 1
            return 0
        if not self._is_conflict(frame):
            return 0
        self.conflicts += 1
        arp.copy_sender(frame, self.offender)
        if not arp.sender_is_source(frame):
            self.mismatched += 1
        if self.state == PROBING:
            self._limit.denied(now)
            self._choose()
            self._claim(now)
            return CONFLICT
        return CONFLICT | self._contest(now)

    def elapsed(self, now):
        """Time has passed: do what is due, at most one frame however late it is."""
        self._limit.elapsed(now)
        if _left(self._defence, now) == 0:
            self._defence = -1
        if _left(self._retry, now) == 0:
            self._retry = -1
            return self._defend()
        if self.state == WAITING:
            return self._follow(now)
        if _left(self._step, now) != 0:
            return 0
        self._step = -1
        if self.state == PROBING and self._probes_left:
            arp.make_probe(self.frame, self.host)
        else:
            arp.make_announcement(self.frame, self.host)
        return SEND

    def sent(self, taken, now):
        """The driver took the frame of SEND, or did not: then it does not count and is sent again."""
        if self._defending:
            return self._sent_defence(taken, now)
        if not taken:
            self._step = _after(now, _RETRY)
            return 0
        if self.state == PROBING and self._probes_left:
            return self._sent_probe(now)
        return self._sent_announcement(now)

    # What the caller asks

    def watched(self):
        """Host part whose ARP frames matter now, or -1."""
        return self.host if self.state >= PROBING else -1

    def held(self):
        """Host part of the address in use, or -1."""
        return self.host if self.state >= ANNOUNCING else -1

    def wait(self, now):
        """Time until elapsed() is due, or -1 while nothing is."""
        ms = _sooner(_left(self._step, now), _left(self._retry, now))
        return _sooner(_sooner(ms, _left(self._defence, now)), self._limit.wait(now))

    # Claiming

    def _follow(self, now):
        # The link and the routable address decide together whether there is to be a claim.
        if self.state == STOPPED:
            return 0
        if not self._up or self._routable:
            return self._let_go(IDLE if self._up else WAITING)
        if self.state < PROBING:
            self._claim(now)
        return 0

    def _claim(self, now):
        if self._limit.is_pausing(now):
            self.state = WAITING
            self._step = -1
            return
        if self._is_taken(self.host):
            self._choose()
        self.state = PROBING
        self._probes_left = _PROBE_NUM
        self._step = _after(now, self._random(0, self._delay // 2))

    def _choose(self):
        # A defence stays noted for its address, over a claim anew as well (RFC 3927 2.5).
        self._defence = -1
        denied = self.host
        while self.host == denied or self._is_taken(self.host):
            self.host = candidate(self.mac, self._attempt)
            self._attempt += 1

    def _sent_probe(self, now):
        self.probes += 1
        self._probes_left -= 1
        delay = self._delay
        if self._probes_left:
            # The upper end leaves 1 % for a late timer and the driver: no gap on the wire may be
            # longer than PROBE_MAX (RFC 3927 2.2.1; Bonjour Conformance Test I.4).
            self._step = _after(now, self._random(delay // 2, delay - delay // 100))
        else:
            self._step = _after(now, delay)
        return 0

    def _sent_announcement(self, now):
        self.announcements += 1
        if self.state == ANNOUNCING:
            self.state = HELD
            return 0
        self.state = ANNOUNCING
        self._limit.claimed(now)
        self._step = _after(now, _ANNOUNCE_INTERVAL)
        return ASSIGN | BOUND

    # Conflicts

    def _is_conflict(self, frame):
        if not arp.is_from(frame, self.host):
            if self.state != PROBING or not arp.is_probe(frame, self.host):
                return False
        # RFC 5227 2.1.1 and 2.4: own frames come back from hubs and access points.
        for machine in self._siblings:
            if arp.sender_is(frame, machine.mac):
                return False
        return True

    def _is_taken(self, host):
        # RFC 3927 3.4: two interfaces of one host on one link must not hold one address.
        for machine in self._siblings:
            if machine is not self and machine.watched() == host:
                return True
        return False

    def _contest(self, now):
        # RFC 3927 2.5: (b) defend once in DEFEND_INTERVAL, or (a) give the address up.
        if not self._abandon and _left(self._defence, now) <= 0:
            self._defence = _after(now, _DEFEND_INTERVAL)
            return self._defend()
        self.moves += 1
        self._limit.lost(now)
        todo = self._let_go(WAITING)
        self._choose()
        self._claim(now)
        return todo

    def _defend(self):
        self._defending = True
        arp.make_announcement(self.frame, self.host)
        return SEND

    def _sent_defence(self, taken, now):
        self._defending = False
        if not taken:
            self._retry = _after(now, _RETRY)
            return 0
        self.defences += 1
        return DEFENDED

    def _let_go(self, state):
        held = self.state >= ANNOUNCING
        self.state = state
        self._defending = False
        self._step = -1
        self._retry = -1
        self._limit.released()
        return RELEASE | LOST if held else 0


def _after(now, ms):
    # The reading of the clock at which more than `ms` ticks are over: `now` may be a whole tick old,
    # and the RFC's lower bounds have no slack.
    return (now + ms + 1) & _TICKS_MAX


def _left(due, now):
    # Time until a reading of _after(), 0 when it is over, -1 if there is none.
    if due < 0:
        return -1
    left = (due - now) & _TICKS_MAX
    return left if left <= _CALM + 1 else 0  # no time is longer


def _sooner(a, b):
    # The lesser of two times, -1 meaning never.
    return a if b < 0 or 0 <= a < b else b
