# SPDX-License-Identifier: MIT
"""One script of an application on several boards: do all boards see the same, and send the same?

A reference has an address set by hand and no service. One reference has a link-local address, another one a
routable address. A subject has a link-local address from autoip, alone or in addition to a routable address.
A script runs one turn for each address of a board and each kind of host. What the script saw and the board
sent in a turn is compared with the turn of the reference that has this kind of address.
"""

import contextlib
import difflib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from .bench import Bench
from .frames import is_arp
from .routable import PEER as ROUTER
from .routable import STATIC, set_static, wait_for_lease
from .script_turn import LINK_LOCAL, OFF_LINK, PREFIX, ROUTABLE, Testbed

_ADDRESS = "169.254.20.20"
_SETTLED = 0.6  # s: lwIP reports its multicast groups within half a second
_ANNOUNCE_NUM = 2


# The boards


@dataclass(frozen=True)
class Setup:
    """How a board gets its addresses."""

    name: str
    kinds: tuple  # the kinds of its addresses
    prepare: Callable  # (bench, board, options): sets the board's addresses, and returns them by kind
    options: dict = field(default_factory=dict)  # options of the service
    is_reference: bool = False

    @property
    def shown(self):
        """The kind of address that the interface shows: routable, if there is a routable address."""
        return self.kinds[-1]

    @property
    def new(self):
        """The kind of address from which new traffic to 169.254/16 comes."""
        return self.shown if "force" in self.options else LINK_LOCAL


def _link_local_by_hand(bench, board, options):
    bench.by_hand.add(_ADDRESS)
    board.run(f"nic.ifconfig(('{_ADDRESS}', '255.255.0.0', '0.0.0.0', '0.0.0.0'))")
    return {LINK_LOCAL: _ADDRESS}


def _routable_by_hand(bench, board, options):
    set_static(board)
    return {ROUTABLE: STATIC}


def _alone(bench, board, options):
    board.run(f"nic.ipconfig(gw4={ROUTER!r})")  # a gateway that the board must not use
    return _claim(bench, board, options)


def _with_a_lease(bench, board, options):
    lease = wait_for_lease(board)
    return {**_claim(bench, board, options), ROUTABLE: lease}


def _with_a_static_address(bench, board, options):
    claimed = _claim(bench, board, options)
    set_static(board)
    board.until("logged('routable')")
    return {**claimed, ROUTABLE: STATIC}


def _claim(bench, board, options):
    board.claim(delay=200, ip=_ADDRESS, **options)
    bench.capture.wait_for_several(is_arp("announcement", board.mac, spa=_ADDRESS), _ANNOUNCE_NUM)
    return {LINK_LOCAL: _ADDRESS}


REFERENCES = {
    LINK_LOCAL: Setup("static link-local", (LINK_LOCAL,), _link_local_by_hand, is_reference=True),
    ROUTABLE: Setup("static routable", (ROUTABLE,), _routable_by_hand, is_reference=True),
}
SUBJECTS = [
    Setup("alone", (LINK_LOCAL,), _alone),
    Setup("with a lease", (LINK_LOCAL, ROUTABLE), _with_a_lease),
    Setup("old and force", (LINK_LOCAL, ROUTABLE), _with_a_static_address, {"old": True, "force": True}),
]


def _testbed(setup, kind, name):
    bench = Bench(name.replace(" ", "-"), kind)
    try:
        router = bench.dhcp()
        router.host.run("ip", "addr", "add", f"{ROUTER}/16", "dev", "eth0")
        if setup.prepare is _with_a_lease:
            router.start()
        board = bench.board()
        addresses = setup.prepare(bench, board, setup.options)
        static = [each for each in addresses.values() if setup.is_reference or each != _ADDRESS]
        return Testbed(bench, board, router.mac, addresses, setup.shown, static)
    except BaseException:
        with contextlib.suppress(AssertionError):
            bench.close()
        raise


# Differences that RFC 3927 requires

DIFFERENCES = {
    "2.4": "An address is announced when it is claimed or defended. lwIP also sends Requests for its own"
    " address at other times. Such Requests are compared only if the address comes from autoip, which must"
    " not send them (Testbed).",
    "2.5": "ARP with a link-local sender is broadcast, also Replies and repeated Requests (as_expected()).",
    "2.6.2": "From a link-local source every host is on the link, and no router is used. 169.254.255.255 is a"
    " broadcast from any source. Such turns are compared with a turn to a link-local host (reference_of()).",
    "RFC 6762 section 11": "lwIP's mDNS responder answers only hosts of the shown address's subnet."
    " With a routable address it answers no link-local host, so a link-local host does not ask it (shown()).",
}


def reference_of(pairs):
    """The kind of reference with which a turn is compared, and the turn of the reference."""
    if any(LINK_LOCAL == own or PREFIX == peer for own, peer in pairs):
        return LINK_LOCAL, ((LINK_LOCAL, LINK_LOCAL),) * len(pairs)
    return ROUTABLE, pairs


def as_expected(sent, turn):
    """What the reference sent, changed to what the subject must send in this turn."""
    kinds = {peer.name: own for peer, (own, _) in zip(turn.peers, turn.pairs, strict=True)}
    kind = kinds.get(sent.target, turn.pairs[0][0])
    return sent._replace(to="all") if sent.what.startswith("ARP") and kind == LINK_LOCAL else sent


# The turns of a script on a board. A turn has one or more hosts, and a pair for each host: the kind of the
# board's address with which the host communicates, and the kind of the host's address.


def each_address(setup):
    """Each address of the board. Only the link-local address answers an off-link host directly, so only that
    address has an off-link host.
    """
    peers = {LINK_LOCAL: (LINK_LOCAL, ROUTABLE, OFF_LINK), ROUTABLE: (LINK_LOCAL, ROUTABLE)}
    return [((own, peer),) for own in setup.kinds for peer in peers[own]]


def each_address_on_link(setup):
    """Each address of the board, without off-link hosts."""
    return [((own, peer),) for own in setup.kinds for peer in (LINK_LOCAL, ROUTABLE)]


def each_subnet(setup):
    return [((own, own),) for own in setup.kinds]


def each_address_twice(setup):
    """Each address of the board, twice, with a link-local host."""
    return [((own, LINK_LOCAL),) for own in setup.kinds] * 2


def each_prefix(setup):
    """Each address of the board, as the source of a broadcast to 169.254/16."""
    return [((own, PREFIX),) for own in setup.kinds]


def link_local(setup):
    return [((LINK_LOCAL, LINK_LOCAL),)]


def shown(setup):
    """The address that the interface shows, from which unbound sockets send broadcasts and multicasts."""
    return [((setup.shown, setup.shown),)]


def new(setup):
    """New traffic to a link-local and to a routable host."""
    return [((setup.new, LINK_LOCAL),), ((setup.shown, ROUTABLE),)]


def new_to_prefix(setup):
    return [((setup.new, PREFIX),)]


def three_hosts(setup):
    first, other = setup.kinds[0], setup.kinds[-1]
    return [
        ((first, LINK_LOCAL), (other, LINK_LOCAL), (first, ROUTABLE)),
        ((other, ROUTABLE), (first, ROUTABLE), (other, LINK_LOCAL)),
    ]


# The comparison


class Comparison:
    """References and subjects of one kind of board, each on its own wire."""

    def __init__(self, kind, name):
        self._setups = [*REFERENCES.values(), *SUBJECTS]
        # The threads must not end, because a process of a bench ends with the thread that started it.
        self._pool = ThreadPoolExecutor(len(self._setups))
        names = [f"{name}-{kind}-{setup.name}" for setup in self._setups]
        self._testbeds = list(self._pool.map(_testbed, self._setups, [kind] * len(names), names))
        time.sleep(_SETTLED)

    def compare(self, script, turns, before="", same_host=False, once=False):
        """Run the turns of the script on all boards in parallel, and compare them.

        script: a function of a Turn. turns: a function of a Setup that returns its turns. before: code that
        the board runs before the first turn. Its sockets then stay open from turn to turn. same_host: a host
        keeps its address from turn to turn. once: what is seen or sent again in a turn counts once, and a
        reference runs each turn once. Without `once`, a reference runs each turn twice, and must do the same
        both times.
        """
        plans = [turns(setup) for setup in SUBJECTS]
        wanted = dict.fromkeys(reference_of(pairs) for plan in plans for pairs in plan)
        times = 1 if once else 2
        for_references = [[pairs for of, pairs in wanted if of == kind] * times for kind in REFERENCES]

        def run_turns(testbed, plan):
            return testbed.run_turns(script, plan, before, same_host)

        references = {}
        found = []
        results = self._pool.map(run_turns, self._testbeds, for_references + plans)
        for setup, each in zip(self._setups, results, strict=True):
            for turn in each:
                reference = references.setdefault(reference_of(turn.pairs), turn)
                found += _differences(setup, turn, reference, once)
        assert not found, "\n\n".join(
            [*found, "What may differ, by RFC 3927:", *map(": ".join, DIFFERENCES.items())]
        )

    def close(self):
        failures = [failure for failure in self._pool.map(_error_of_closing, self._testbeds) if failure]
        self._pool.shutdown()
        assert not failures, "\n".join(failures)


def _error_of_closing(testbed):
    try:
        testbed.bench.close()
    except AssertionError as failure:
        return str(failure)
    return None


def _differences(setup, turn, reference, once):
    sent = reference.sent if setup.is_reference else [as_expected(each, turn) for each in reference.sent]
    expected = reference.seen + [str(each) for each in sent]
    seen = turn.seen + [str(each) for each in turn.sent]
    if once:
        expected, seen = list(dict.fromkeys(expected)), list(dict.fromkeys(seen))
    if seen == expected:
        return []
    pairs = ", ".join(f"{own} address and {peer} host" for own, peer in turn.pairs)
    lines = (line for line in difflib.ndiff(expected, seen) if not line.startswith("?"))
    return ["\n".join([f"{setup.name}: {pairs}", *lines])]
