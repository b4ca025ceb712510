# SPDX-License-Identifier: MIT
"""The state machine of address conflict detection (RFC 3927 and RFC 5227), for one interface.

It has no access to a clock, a socket or an interface. Its inputs are stop(), set_status(), received(),
elapsed() and sent(). After each input, the caller removes the address from the interface unless the address
is `assigned`. Then the caller acts on each bit that the input returned, lowest first:

    SEND        pass `frame` to the driver, then call sent() and also act on the bits that sent() returns
    ASSIGN      like SEND, and set `host` on the interface in the same step; `frame` announces the address
    CONFLICT    report: another host, the frame's sender, uses or probes our address
    DEFENDED    report: an announcement has defended the address
    SUSPENDED   report: the interface is down; the address stays on it, unused, and will be probed again
    LOST        report: the address has been removed
    BOUND       report: the first announcement has been sent, so the address may be used (RFC 5227 2.3)
    ROUTABLE    report: another host uses the interface's routable address (RFC 5227 2.4)

        state        left by                                       to
        WAITING      interface up, and no rate limit applies       PROBING
        (initial)
        PROBING      conflict                                      PROBING with the next candidate,
                                                                   or WAITING for the rate limit
                     announcement 1, `delay` (2 s) after probe 3   ANNOUNCING
        ANNOUNCING   announcement 2                                HELD
                     late answer to a probe                        as for a conflict in PROBING
        ANNOUNCING,  conflict, the first within 10 s               the same state, after a defence
        HELD         conflict, the second, or the first with       PROBING with the next candidate,
                     `abandon`                                     or WAITING for the rate limit
        IDLE         routable address removed (`idle` is false)    PROBING
        any          interface down                                WAITING
                     routable address added (`idle` is true)       IDLE
                     stop                                          STOPPED, the final state

If the address is held when the interface goes down, it is suspended: it stays on the interface (`assigned`)
with its connections. If the board claims it again, it is BOUND, and its connections continue. If another
host claims it, or if the machine enters IDLE or STOPPED, the address is removed and LOST is reported.

Time is in ms and wraps at 2**30, as MicroPython's ticks_ms() does. Ctrl-C may interrupt an input anywhere. So
an input prepares everything that a new state needs, and sets `state` last. Then the next input can continue.
"""

from micropython import const

from .candidates import candidate

_SEND = const(1)
_ASSIGN = const(2)
_CONFLICT = const(4)
_DEFENDED = const(8)
_SUSPENDED = const(16)
_LOST = const(32)
_BOUND = const(64)
_ROUTABLE = const(128)

# The names of the events, for the bits from CONFLICT on.
EVENTS = ("conflict", "defended", "suspended", "lost", "bound", "routable conflict")

# A user may use the address from the first announcement on, so two states have the same name.
STATES = ("stopped", "waiting", "idle", "probing", "bound", "bound")
_STOPPED = const(0)
_WAITING = const(1)
_IDLE = const(2)
_PROBING = const(3)
_ANNOUNCING = const(4)
_HELD = const(5)

COUNTERS = (
    "probes",
    "announcements",
    "conflicts",
    "defences",
    "moves",
    "mismatched",
    "routable_conflicts",
)
_PROBES = const(0)
_ANNOUNCEMENTS = const(1)
_CONFLICTS = const(2)
_DEFENCES = const(3)
_MOVES = const(4)
_MISMATCHED = const(5)
_ROUTABLE_CONFLICTS = const(6)
_ATTEMPTS = const(7)  # the number of calls to candidate(); this counter has no name in COUNTERS

# RFC 3927 section 9. The other four times are derived from the option `delay`, whose default of 2,000 ms
# results in the RFC's PROBE_WAIT 1 s, PROBE_MIN 1 s, PROBE_MAX 2 s and ANNOUNCE_WAIT 2 s.
_PROBE_NUM = const(3)
_ANNOUNCE_INTERVAL = const(2000)  # ms
_MAX_CONFLICTS = const(10)
_RATE_LIMIT_INTERVAL = const(60000)  # ms
_DEFEND_INTERVAL = const(10000)  # ms

_CALM = const(600000)  # ms; holding an address this long resets LOSSES; the longest interval in this file
_RETRY = const(100)  # ms until a frame that the driver did not accept is sent again

_TICKS_MAX = const(0x3FFFFFFF)
_NEVER = const(0x3FFFFFFF)  # ms

# The offsets of the fields of an ARP frame.
_SOURCE = const(6)  # Ethernet source
_SHA = const(22)  # sender hardware address
_SPA = const(28)  # sender protocol address
_TPA = const(38)  # target protocol address

# Kinds of frames, see Machine.received().
_PROBE = const(2)
_ANSWER = const(3)
_ROUTABLE_CLAIM = const(4)

# The items of an interface's rate limit. From the tenth conflict on, a new claim waits for one minute
# (RFC 5227 2.1.1).
_DENIALS = const(0)  # candidates denied since the last successful claim
_LOSSES = const(1)  # addresses lost since the board last held an address for ten minutes
_PAUSE = const(2)  # when a new claim may start, or -1 if it may start now


class Machine:
    """One interface's claim on a link-local address.

    mac: the interface's MAC, 6 bytes. random(mac, low, high): returns an int from low to high, both included.
    limit: the interface's rate limit, a list that is [0, 0, -1] at first. It outlives a service, because
    stop() and start() must not reset it. is_taken(machine, host): does another machine of this board claim
    this host part (RFC 3927 3.4)? first: host part to try first, or -1. delay: 1 - 8000 ms. abandon: give up
    the address on the first conflict.
    """

    def __init__(self, mac, random, limit, is_taken, first, delay, abandon):
        self.state = _WAITING
        self.frame = bytearray(
            b"\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\x08\x06"  # Ethernet: broadcast destination, EtherType ARP
            b"\x00\x01\x08\x00\x06\x04\x00\x01"  # a Request for IPv4 over Ethernet
            b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xa9\xfe\0\0"  # sender; target: 169.254.0.0
        )
        self.mac = memoryview(self.frame)[_SHA:_SPA]
        self.counts = [0] * (_ATTEMPTS + 1)
        self.contested = -1  # host part of the address in the last conflict; -1: routable, or no conflict
        self.random = random
        self.limit = limit
        self.is_taken = is_taken
        self.delay = delay
        self.abandon = abandon
        self.assigned = False  # `host` must be on the interface, in use or suspended
        self.previous = -1  # host part of the address that was suspended or lost last, or -1
        self._step = -1  # when the next frame, or the end of a pause, is due
        self._retry = -1  # when a defence has to be sent, or -1
        self._defence = -1  # when DEFEND_INTERVAL is over, or -1
        self.host = first
        self._set_mac(mac)
        if first < 0:
            self._choose()

    # Inputs

    def stop(self):
        """Give up the claim and the address. The machine can't be started again."""
        self.state = _STOPPED  # before the first branch, because Ctrl-C interrupts the bytecode at branches
        return self._give_up(_STOPPED)

    def set_status(self, up, idle, now, mac=None):
        """Set the status of the interface, which is down at first. The status may be the same as before.

        up: is the interface up? idle: no link-local address is wanted. mac: pass it if it may have changed.
        """
        if self.state == _STOPPED:
            return 0
        if mac:
            self._set_mac(mac)
        if not up:
            todo = _SUSPENDED if self.held() >= 0 else 0
            self._leave(_WAITING)
            return todo
        if idle:
            return self._give_up(_IDLE)
        if self.state < _PROBING:
            self._claim(now)
        return 0

    def received(self, kind, frame, now):
        """Process a received frame. If a timer is due at the same time, call this first.

        kind: the kind of the frame. 1: a claim, which has `host` as its sender; 2: a probe for `host`; 3: an
        answer, which is a claim that replies to a probe of ours; 4: a claim of the routable address, which
        the machine only reports and counts, because DHCP or the user has to defend this address.
        """
        if kind == _ROUTABLE_CLAIM:
            self.counts[_ROUTABLE_CONFLICTS] += 1
            self.contested = -1
            return _ROUTABLE
        # An answer may take a second (RFC 3927 1.3). With a short `delay`, it may arrive after the probing.
        # It is not an attack on our address, but shows that another host had the address before.
        denied = self.state == _PROBING or (self.state == _ANNOUNCING and kind == _ANSWER)
        # A probe is not a conflict once the address is held.
        if self.state < _PROBING or (kind == _PROBE and not denied):
            return 0
        self.counts[_CONFLICTS] += 1
        self.contested = self.host
        for i in range(6):
            if frame[_SHA + i] != frame[_SOURCE + i]:
                self.counts[_MISMATCHED] += 1
                break
        if denied:
            self.limit[_DENIALS] += 1
        # RFC 3927 2.5: (b) defend once in DEFEND_INTERVAL, or (a) give up the address.
        elif not self.abandon and (self._defence < 0 or _left(self._defence, now) == 0):
            self._defence = _after(now, _DEFEND_INTERVAL)
            self._retry = now
            return _CONFLICT | _SEND
        else:
            self.counts[_MOVES] += 1
            self.limit[_LOSSES] += 1
        return _CONFLICT | self._move(now)

    def elapsed(self, now):
        """Do what is due at `now`. Returns at most one SEND or ASSIGN, even if several frames are due."""
        if _left(self._defence, now) == 0:
            self._defence = -1
        if _left(self._retry, now) == 0:
            return _SEND
        if _left(self._step, now) != 0:
            return 0
        if self.state == _WAITING:
            self._claim(now)
            return 0
        if self.state == _HELD:
            self.limit[_LOSSES] = 0
            self._step = -1
            return 0
        if self._probes_left:
            return _SEND
        # RFC 5227 1.1: an announcement is a probe whose sender protocol address is its target address.
        for i in range(4):
            self.frame[_SPA + i] = self.frame[_TPA + i]
        return _ASSIGN if self.state == _PROBING else _SEND

    def sent(self, ok, now):
        """Call this after SEND or ASSIGN. ok: has the driver accepted the frame?

        A frame that has not been accepted does not count, and is sent again later.
        """
        defence = self._retry >= 0
        if not ok:
            due = _after(now, _RETRY)
            if defence:
                self._retry = due
            if _left(self._step, now) == 0:
                self._step = due
            return 0
        if defence:
            self._retry = -1
            self.counts[_DEFENCES] += 1
            return _DEFENDED
        left = self._probes_left
        if not left:
            return self._announced(now)
        ms = self.delay
        if left > 1:
            # 1 % is reserved for a late timer and the driver, because no gap on the wire may be longer than
            # PROBE_MAX (RFC 3927 2.2.1; Bonjour Conformance Test I.4).
            ms = self.random(self.mac, ms // 2, ms - ms // 100)
        self.counts[_PROBES] += 1
        self._step = _after(now, ms)
        self._probes_left = left - 1
        return 0

    # Queries

    def watched(self):
        """The host part of the address whose ARP frames matter now, or -1."""
        return self.host if self.state >= _PROBING else -1

    def held(self):
        """The host part of the address in use, or -1."""
        return self.host if self.state >= _ANNOUNCING else -1

    def claims(self, host):
        """Does this machine probe, hold or suspend the address with this host part?"""
        return host == self.host and (self.assigned or self.state >= _PROBING)

    def wait(self, now):
        """The time in ms until elapsed() is due, or -1 if nothing is due."""
        ms = min(_left(self._step, now), _left(self._retry, now), _left(self._defence, now))
        return ms if ms < _NEVER else -1

    # Claiming

    def _claim(self, now):
        # If the time left is longer, no pause is set, or it ended so long ago that the clock has wrapped.
        if 0 < _left(self.limit[_PAUSE], now) <= _RATE_LIMIT_INTERVAL + 1:
            self.state = _WAITING
            self._step = self.limit[_PAUSE]
            return
        self.limit[_PAUSE] = -1
        while self.is_taken(self, self.host):
            self._choose()
        self._probes_left = _PROBE_NUM
        # RFC 5227 1.1: a probe has the sender protocol address zero and the probed address as its target.
        for i in range(4):
            self.frame[_SPA + i] = 0
        self.frame[_TPA + 2] = self.host >> 8
        self.frame[_TPA + 3] = self.host & 255
        self._step = _after(now, self.random(self.mac, 0, self.delay // 2))
        self.state = _PROBING

    def _move(self, now):
        todo = self._give_up(_WAITING)
        if self.limit[_DENIALS] + self.limit[_LOSSES] >= _MAX_CONFLICTS:
            self.limit[_PAUSE] = _after(now, _RATE_LIMIT_INTERVAL)
        self._choose()
        self._claim(now)
        return todo

    def _choose(self):
        # A defence counts only as long as the defended address is claimed (RFC 3927 2.5).
        self._defence = -1
        denied = self.host
        while self.host == denied:
            self.host = candidate(self.mac, self.counts[_ATTEMPTS])
            self.counts[_ATTEMPTS] += 1

    def _announced(self, now):
        self.counts[_ANNOUNCEMENTS] += 1
        if self.state == _ANNOUNCING:
            self._step = _after(now, _CALM) if self.limit[_LOSSES] else -1
            self.limit[_DENIALS] = 0
            self.state = _HELD
            return 0
        self._step = _after(now, _ANNOUNCE_INTERVAL)
        self.assigned = True
        self.state = _ANNOUNCING
        return _BOUND

    def _set_mac(self, mac):
        for i in range(6):
            self.frame[_SOURCE + i] = self.frame[_SHA + i] = mac[i]

    # Ending a claim

    def _give_up(self, state):
        todo = _LOST if self.assigned else 0
        self._leave(state)
        self.assigned = False
        return todo

    def _leave(self, state):
        if self.assigned:
            self.previous = self.host
        self.state = state
        self._step = self._retry = -1


def copy_mac(frame, mac):
    """Copy the frame's sender hardware address into the buffer `mac`."""
    for i in range(6):
        mac[i] = frame[_SHA + i]


def _after(now, ms):
    # Returns the time at which at least `ms` ms have passed. 1 is added because `now` may be almost one
    # tick old, and the RFC's lower bounds have no tolerance.
    return (now + ms + 1) & _TICKS_MAX


def _left(due, now):
    # Returns the time until `due`, a result of _after(). Returns 0 if `due` has passed, _NEVER if it is -1.
    if due < 0:
        return _NEVER
    left = (due - now) & _TICKS_MAX
    return left if left <= _CALM + 1 else 0  # if `due` has passed, `left` wraps and exceeds all intervals
