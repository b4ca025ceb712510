# SPDX-License-Identifier: MIT
"""RFC 3927 2.2: after a flap or a sleep the address is suspended until it has been claimed again."""

import contextlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from .board import BoardError
from .frames import announcement, is_arp, request, uses
from .routable import PEER, Connection, set_static
from .waiting import QUIET, SOON

C = "169.254.20.20"
SLEEP = 8  # s; another host needs at least 6 s to claim an address (RFC 3927 section 9)
STALL = 3  # s, in which no host can claim it
LARGE = 3000  # bytes: three fragments
OUTAGE = 12  # s, in which lwIP's retransmission timer grows to more than SOON


def flap(board):
    """Board.flap(), and wait until the board has reported it."""
    back = board.flap()
    board.expect("suspended")
    return back


@pytest.fixture
def board(bench):
    return bench.board()


@pytest.mark.threaded
@pytest.mark.parametrize("addition", ["nothing", "a static address"])
def test_connections_survive_a_flap(bench, server, board, addition):
    # D9
    board.claim(delay=200, ip=C)
    if addition != "nothing":
        set_static(board)
    connection = Connection(server.host, board, C)
    assert connection.works()
    for _ in range(2):
        flap(board)
        assert board.expect("bound")["address"] == C
        assert connection.works()


@pytest.mark.not_on_espressif("ESP-IDF has other error numbers")
@pytest.mark.threaded
def test_connections_are_reset_when_the_address_is_lost_after_a_flap(bench, server, board):
    """The host that has the address now receives nothing from the connection, and the board's socket gets an
    error.
    """
    # R3927-2.5-g, R5227-2.4-k, BCT-I.6b, X-33
    board.claim(delay=500, ip=C)
    Connection(server.host, board, C)
    began = flap(board)
    bench.capture.wait_for(is_arp("probe", board.mac, tpa=C), after=began)
    bench.wire.send(announcement(C))
    board.expect("lost")
    assert board.expect("bound")["address"] != C
    with pytest.raises(BoardError, match=r"103|104"):  # aborted, or reset
        board.run("connection.send(b'?')")
    assert not bench.capture.select(
        lambda f: f.source == board.mac and (f.kind == "TCP" or is_arp("request", board.mac, spa=C)(f)), began
    )


def test_nothing_is_received_or_sent_with_a_suspended_address(bench, server, board):
    # R3927-2.2-b, X-32
    board.claim(delay=2000, ip=C)
    connection = Connection(server.host, board, C)
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"udp.bind(('{C}', 7))")
    out = flap(board)
    bench.capture.wait_for(is_arp("probe", board.mac, tpa=C), after=out)
    bench.wire.send(request(PEER, C))
    bench.wire.send(Ether(src=server.host.mac, dst=board.mac) / IP(src=PEER, dst=C) / ICMP())
    board.run("assert svc.address is None")
    for send in (f"udp.sendto(b'!', ('{PEER}', 9))", "connection.send(b'late')"):
        with contextlib.suppress(BoardError):
            board.run(send)
    assert board.expect("bound", 60)["address"] == C
    won = bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=out).time
    assert not bench.capture.select(lambda f: f.source == board.mac and uses(f, C) and f.time < won, out)
    assert connection.receives(b"late")


@pytest.mark.not_on_espressif("ESP-IDF has other error numbers")
@pytest.mark.threaded
def test_a_program_gets_an_error_while_the_address_is_suspended(bench, server, board):
    """As with a static address: EHOSTUNREACH from sendto() of a bound socket and from send()."""
    board.claim(delay=2000, ip=C)
    connection = Connection(server.host, board, C)
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"udp.bind(('{C}', 7))")
    board.set_link(False)
    board.expect("suspended")
    for plugged in (False, True):
        if plugged:
            out = time.time()
            board.set_link(True)
            bench.capture.wait_for(is_arp("probe", board.mac, tpa=C), after=out)
        datagrams = [f"udp.sendto(bytes({size}), ('{PEER}', 9))" for size in (1, LARGE)]
        for send in (*datagrams, "connection.send(b'late')"):
            with pytest.raises(BoardError, match="113"):
                board.run(send)
    assert board.expect("bound")["address"] == C
    assert connection.receives(b"latelate")
    assert connection.works()


@pytest.mark.not_on_espressif("ESP-IDF has other error numbers")
@pytest.mark.threaded
@pytest.mark.parametrize("sent", ["while suspended", "before"])
def test_tcp_data_leaves_as_soon_as_the_address_is_back(bench, server, board, sent):
    """lwIP's retransmission timer has grown since the flap."""
    board.claim(delay=200, ip=C)
    connection = Connection(server.host, board, C)
    assert connection.works()
    if sent == "before":
        bench.wire.set_link(server.host.port, False)
        board.run("connection.send(b'late')")
        time.sleep(QUIET)
    board.set_link(False)
    board.expect("suspended")
    bench.wire.set_link(server.host.port, True)
    if sent != "before":
        with contextlib.suppress(BoardError):
            board.run("connection.send(b'late')")
    time.sleep(OUTAGE)
    back = time.time()
    board.set_link(True)
    assert board.expect("bound")["address"] == C
    announced = bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=back).time
    assert connection.receives(b"late")
    data = bench.capture.wait_for(
        lambda f: f.source == board.mac and f.kind == "TCP" and bytes(f.packet["TCP"].payload) == b"late",
        after=announced,
    )
    assert data.time - announced < SOON


@pytest.mark.only("unix", "the test stops the process, as if the board slept")
def test_a_board_that_slept_probes_again(bench, server, board):
    # R3927-2.2-c, R5227-2.1-b, X-38
    board.claim(delay=200, ip=C)
    connection = Connection(server.host, board, C)
    board.sleep(SLEEP)
    woke = time.time()
    board.expect("suspended")
    assert board.expect("bound")["address"] == C
    assert len(bench.capture.probes_of(board.mac, woke)) == 3
    assert connection.works()


@pytest.mark.only("unix", "the test stops the process, as if the board slept")
def test_an_address_that_another_host_claimed_during_a_sleep_is_given_up(bench, server, board):
    # R3927-2.2-c
    board.claim(delay=200, ip=C)
    with ThreadPoolExecutor() as pool:
        asleep = pool.submit(board.sleep, SLEEP)
        bench.wire.add_host(f"{C}/16")
        asleep.result()
    board.expect("lost")
    assert board.expect("bound")["address"] != C


@pytest.mark.only("unix", "the test stops the process, as if the board slept")
def test_a_board_under_load_has_not_slept(bench, board):
    """A board whose interrupts are off for a long time has not slept either."""
    board.claim(delay=200, ip=C)
    board.sleep(STALL)
    woke = time.time()
    time.sleep(1 + QUIET)  # the timer that detects a sleep is due every second
    assert board.ask("svc.state") == "bound"
    assert not bench.capture.probes_of(board.mac, woke)
