# SPDX-License-Identifier: MIT
"""Conflicts on the test wire: while an address is probed, and while it is held."""

import errno
import time

import pytest
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1Q, Dot3, Ether

from .board import BoardError
from .frames import ADVERSARY_MAC, ANY, BROADCAST, REPLY, announcement, is_arp, probe, reply, request
from .waiting import PATIENCE, QUIET

C = "169.254.20.20"
X = "169.254.7.9"

# The frames with which an adversary may claim C, by their names in the requirements.
CLAIMS = {
    "T1 Reply to the probe": lambda mac: reply(C, ANY, mac),
    "T3 announcement": lambda mac: announcement(C),
    "T4 gratuitous Reply": lambda mac: (
        Ether(src=ADVERSARY_MAC, dst=BROADCAST)
        / ARP(op=REPLY, hwsrc=ADVERSARY_MAC, psrc=C, hwdst=ADVERSARY_MAC, pdst=C)
    ),
    "T5 ordinary Request": lambda mac: request(C, X),
    "T8 unicast Reply": lambda mac: reply(C, X, mac),
}


def _held(bench, **options):
    board = bench.board()
    assert board.claim(delay=200, ip=C, **options) == C
    return board


def _uses(bench, board, address, after):
    """The ARP frames of the board whose sender is the address."""
    return bench.capture.select(
        lambda f: f.arp is not None and not f.injected and f.source == board.mac and f.arp.psrc == address,
        after,
    )


# While the address is probed


@pytest.mark.parametrize("kind", [*CLAIMS, "T2 simultaneous probe"])
def test_denied_candidate_is_dropped(bench, kind):
    """R3927-2.2.1-h, R3927-2.2.1-i: the board claims another address."""
    # R3927-2.2.1-j, R5227-2.1.1-g, R5227-2.1.1-i, X-08, X-10, B13, BCT-I.2a, BCT-I.2b
    board = bench.board()
    board.start(delay=500, ip=C)
    bench.capture.wait_for(is_arp("probe", board.mac, tpa=C))
    sent = bench.wire.send(CLAIMS[kind](board.mac) if kind in CLAIMS else probe(C))
    board.expect("conflict")
    assert board.expect("bound")["address"] != C
    probed = [f.arp.pdst for f in bench.capture.probes_of(board.mac, sent)]
    assert len(probed) == 3 and C not in probed
    assert not _uses(bench, board, C, 0)


def test_denied_after_the_third_probe(bench):
    """X-03, B24: an address that is denied during ANNOUNCE_WAIT is not announced."""
    # R3927-2.2.1-l, R3927-2.2-a
    board = bench.board()
    board.start(delay=1000, ip=C)
    last = 0
    for _ in range(3):
        last = bench.capture.wait_for(is_arp("probe", board.mac, tpa=C), after=last).time
    bench.wire.send(probe(C))
    board.expect("conflict")
    assert board.expect("bound")["address"] != C
    assert not _uses(bench, board, C, 0)


@pytest.mark.threaded
def test_address_of_a_host_without_rfc5227_is_avoided(bench):
    """A host that knows only RFC 826 answers the probe."""
    # R5227-1.3-a
    bench.wire.add_host(f"{C}/16")
    assert bench.board().claim(delay=200, ip=C) != C


def test_ordinary_requests_while_probing_are_not_a_conflict(bench):
    """X-15, B01."""
    board = bench.board()
    board.start(delay=200, ip=C)
    for _ in range(40):
        bench.wire.send(request(X, C))
        time.sleep(0.02)
    assert board.expect("bound")["address"] == C
    assert len(bench.capture.probes_of(board.mac)) == 3


def test_unicast_polls_while_probing_are_not_a_conflict(bench):
    """X-14, B02: a unicast Request without a sender address is not a probe."""
    board = bench.board()
    board.start(delay=200, ip=C)
    for _ in range(40):
        bench.wire.send(request(ANY, C, to=board.mac))
        time.sleep(0.02)
    assert board.expect("bound")["address"] == C


def test_echo_of_own_frames_is_not_a_conflict(bench):
    """R3927-2.2.1-k, R5227-2.1.1-j, X-05, B03: a hub or an access point sends each frame back."""
    board = bench.board()
    board.start(delay=200, ip=C)
    last = 0
    for kind in ("probe", "probe", "probe", "announcement", "announcement"):
        frame = bench.capture.wait_for(
            lambda f: not f.injected and f.source == board.mac and f.kind == kind,  # noqa: B023
            after=last,
        )
        last = frame.time
        for _ in range(5):
            bench.wire.send(frame.raw)
    time.sleep(QUIET)
    assert board.address == C
    assert board.ask("svc.stats()['conflicts']") == 0
    assert len(bench.capture.probes_of(board.mac)) == 3


# While the address is held


@pytest.mark.parametrize("kind", CLAIMS)
def test_defended_once_then_given_up(bench, kind):
    """One announcement for the first conflict, a new address after the second."""
    # R3927-2.5-a, R3927-2.5-b, R3927-2.5-d, R3927-2.5-e, R5227-2.4-a, R5227-2.4-b,
    # R5227-2.4-d, R5227-2.4-e, R5227-2.5-a, R3927-1.5-b, B39, BCT-I.5
    board = _held(bench)
    announcements = is_arp("announcement", board.mac, spa=C)
    # Before the second announcement, T1 is a late answer to a probe
    bench.capture.wait_for_several(announcements, 2)
    bench.wire.send(CLAIMS[kind](board.mac))
    board.expect("defended")
    bench.capture.wait_for_several(announcements, 3)
    time.sleep(QUIET)
    assert [f.kind for f in _uses(bench, board, C, 0)] == ["announcement"] * 3
    assert board.address == C
    second = bench.wire.send(CLAIMS[kind](board.mac))
    board.expect("lost")
    new = board.expect("bound")["address"]
    assert new != C
    assert not _uses(bench, board, C, second)
    assert [f.arp.pdst for f in bench.capture.probes_of(board.mac, second)] == [new] * 3
    bench.wire.send(request(X, C))
    bench.wire.send(request(X, new))
    assert bench.capture.wait_for(is_arp("reply", board.mac)).arp.psrc == new


def test_late_answer_to_a_probe_is_a_denial(bench):
    """RFC 3927 1.3: an answer may take a second, and a short `delay` does not wait for it."""
    # R3927-1.3-a
    board = _held(bench)
    sent = bench.wire.send(CLAIMS["T1 Reply to the probe"](board.mac))
    board.expect("lost")
    assert board.expect("bound")["address"] != C
    assert not _uses(bench, board, C, sent)


def test_option_abandon_gives_up_the_address_at_the_first_conflict(bench):
    """R5227-2.4-c, R3927-2.5-c."""
    board = _held(bench, abandon=True)
    sent = bench.wire.send(announcement(C))
    board.expect("lost")
    assert board.expect("bound")["address"] != C
    assert not _uses(bench, board, C, sent)
    assert board.ask("svc.stats()['defences']") == 0


@pytest.mark.threaded
def test_storm_of_conflicts(bench):
    """X-30: a thousand conflicts cause one defence and one move."""
    board = _held(bench)
    storm = bytes(announcement(C))
    sent = time.time()
    for _ in range(1000):
        bench.wire.send(storm)
    assert board.expect("bound")["address"] != C
    assert [f.kind for f in _uses(bench, board, C, sent)] == ["announcement"]
    assert board.ask("[svc.stats()[name] for name in ('defences', 'moves')]") == [1, 1]


def test_the_adversary_does_not_get_into_the_arp_cache(bench):
    """X-25, B38: the board never stores another MAC for its own address."""
    board = _held(bench)
    bench.wire.send(announcement(C))
    bench.wire.send(request(C, C, to=board.mac))
    bench.wire.send(reply(C, C, board.mac))
    board.expect("defended")
    address = board.expect("bound")["address"]
    bench.wire.send(announcement(address))
    board.run(f"ping({address!r}, 1), ping({C!r}, 1)")
    time.sleep(QUIET)
    assert not bench.capture.select(lambda f: f.source == board.mac and f.packet.dst == ADVERSARY_MAC)


@pytest.mark.not_on_espressif("ESP-IDF has other error numbers")
@pytest.mark.threaded
def test_connections_are_reset_before_the_address_is_given_up(bench):
    """R3927-2.5-g, R5227-2.4-k."""
    board = _held(bench)
    host = bench.wire.add_host(f"{X}/16")
    with host.socket("stream") as listener:
        listener.bind((X, 80))
        listener.listen()
        board.run(f"client = socket.socket(); client.connect(({X!r}, 80)); client.settimeout(PATIENCE)")
        served, peer = listener.accept()
    with served:
        served.settimeout(PATIENCE)
        assert peer[0] == C
        for _ in range(2):
            last = bench.wire.send(announcement(C))
        with pytest.raises(ConnectionResetError):
            served.recv(10)
    with pytest.raises(BoardError, match=str(errno.ECONNABORTED)):
        board.run("client.recv(10)")
    reset = bench.capture.wait_for(lambda f: f.kind == "TCP" and "R" in f.packet["TCP"].flags, after=last)
    assert reset.packet["IP"].src == C
    assert board.expect("bound")["address"] != C
    assert bench.capture.probes_of(board.mac, last)[0].time > reset.time


# Frames that are not ARP packets of IPv4


END_OF_SENDER = 32  # bytes to the end of the sender's address
# (offset, bytes) in the ARP header. With each of these changes, the frame is not ARP for IPv4 on Ethernet.
HEADERS = [(14, "0006"), (16, "86dd"), (18, "08"), (19, "10"), (20, "0000"), (20, "0003"), (20, "0101")]


def _malformed(padded):
    whole = bytes(announcement(C))
    # A frame that is cut off after the sender's address still claims C if zeros are added to it.
    for length in range(14, END_OF_SENDER if padded else len(whole)):
        yield whole[:length]
    for at, data in HEADERS:
        yield whole[:at] + bytes.fromhex(data) + whole[at + len(data) // 2 :]
    header, arp = Ether(src=ADVERSARY_MAC, dst=BROADCAST), announcement(C)[ARP]
    yield header / Dot1Q(vlan=10) / arp
    yield Dot3(src=ADVERSARY_MAC, dst=BROADCAST) / LLC() / SNAP(code=0x0806) / arp
    yield header / ARP(op=REPLY, hwsrc=ADVERSARY_MAC, psrc=ANY, pdst=C)


@pytest.mark.parametrize("held", [False, True], ids=["probing", "held"])
def test_malformed_frames_are_ignored(bench, held):
    """X-13, X-16, X-17, X-18, X-20, X-22."""
    board = bench.board()
    board.start(delay=200, ip=C)
    if held:
        board.expect("bound")
    else:
        bench.capture.wait_for(is_arp("probe", board.mac))
    for frame in _malformed(board.PADS):
        bench.wire.send(frame)
    if not held:
        board.expect("bound")
    assert board.address == C
    assert bench.wire.add_host(f"{X}/16").ping(C)
    assert board.ask("svc.stats()['conflicts']") == 0
