# SPDX-License-Identifier: MIT
"""Leases in unusual forms, and link-local addresses that are leased or set by hand."""

import itertools
import time

import pytest
from scapy.layers.dhcp import BOOTP
from scapy.layers.inet import IP, IPOption_NOP

from .board import BoardError
from .dhcp import ScriptedServer, is_dhcp
from .frames import announcement
from .routable import (
    PEER,
    Connection,
    answers,
    ask_for_lease,
    renew,
    set_static,
    wait_for_lease,
)
from .waiting import PATIENCE, SOON

C = "169.254.20.20"
OTHER = "169.254.9.9"
FORMS = {
    "broadcast": {},
    "to the leased address": {"unicast": True},
    "with IP options": {"options": [IPOption_NOP()] * 4},
    "in fragments": {"split": 200},
}


@pytest.mark.not_on_espressif("ESP-IDF's lwIP does not reassemble fragments")
@pytest.mark.parametrize("form", FORMS)
def test_a_connection_survives_a_lease_of_any_form(bench, server, form):
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    board.claim(delay=200, ip=C)
    connection = Connection(server.host, board, C)
    ScriptedServer(bench, board, **FORMS[form]).lease()
    assert wait_for_lease(board) == "10.0.0.50"
    assert connection.works()


@pytest.mark.older_idf
@pytest.mark.only("task", "the other boards do not check an offered address")
def test_an_offered_address_that_is_in_use_is_declined(bench):
    """RFC 2131 4.4.1."""
    bench.wire.add_host("10.0.0.50/24")
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    board.claim(delay=200, ip=C)
    began = time.time()
    ScriptedServer(bench, board, lease="10.0.0.50").lease()
    bench.capture.wait_for(is_dhcp("decline", board.mac), after=began)
    board.until(f"nic.ifconfig()[0] == '{C}'")


class Sockets:
    """A board's sockets of all kinds on its link-local address, and their peer."""

    def __init__(self, host, board):
        self._host, self._board = host, board
        with host.socket("stream") as listener:
            listener.bind((PEER, 7000))
            listener.listen(1)
            board.run("client = socket.socket(); client.settimeout(PATIENCE)")
            board.run(f"client.connect(('{PEER}', 7000))")
            self._peer, (source, _) = listener.accept()
        self._peer.settimeout(PATIENCE)
        assert source == C
        board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); listener = socket.socket()")
        board.run(f"udp.bind(('{C}', 7001)); listener.bind(('{C}', 7002)); listener.listen(1)")
        board.run("udp.settimeout(PATIENCE); listener.settimeout(PATIENCE)")

    def work(self):
        self._host.run("ip", "neigh", "flush", "all")
        self._board.run("client.send(b'?')")
        assert self._peer.recv(1) == b"?"
        for kind, port, serve in (
            ("datagram", 7001, "udp.sendto(*udp.recvfrom(1))"),
            (
                "stream",
                7002,
                "connection = listener.accept()[0]; connection.send(connection.recv(1)); connection.close()",
            ),
        ):
            with self._host.socket(kind) as sock:
                sock.connect((C, port))
                sock.send(b"?")
                self._board.run(serve)
                assert sock.recv(1) == b"?"

    def close(self):
        self._peer.close()


@pytest.mark.not_on_espressif("ipconfig(dhcp4=True) renews no lease")
def test_sockets_of_the_link_local_address_outlive_leases(bench, server):
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    board.claim(delay=200, ip=C)
    sockets = Sockets(server.host, board)
    sockets.work()
    server.start()
    ask_for_lease(board)
    sockets.work()
    server.stop()
    server.start(first=70)
    renew(bench, board, "nak")
    sockets.work()
    wait_for_lease(board)
    sockets.work()
    board.run("nic.ipconfig(dhcp4=False)")
    sockets.work()
    set_static(board)
    sockets.work()
    sockets.close()


def test_dhcp_asks_at_the_times_of_a_board_without_autoip(bench):
    """RFC 3927 1.9 (1), 2.11."""
    # R3927-1.9-d, R3927-2.11-a, X-43
    boards = [bench.board(), bench.board()]
    for board in boards:
        board.run("nic.ipconfig(dhcp4=False)")
    start = time.time()
    for board in boards:
        board.run("nic.ipconfig(dhcp4=True)")
    boards[0].claim(delay=200, ip=C)
    time.sleep(8)
    asked = [
        bench.capture.select(lambda f, mac=board.mac: f.source == mac and BOOTP in f.packet, start)
        for board in boards
    ]
    assert {frame.packet[IP].src for frames in asked for frame in frames} == {"0.0.0.0"}
    gaps = [[b.time - a.time for a, b in itertools.pairwise(frames)] for frames in asked]
    assert len(gaps[0]) == len(gaps[1]) > 1
    # lwIP's timers have steps of half a second, and the wait doubles: 2 s, 4 s, 8 s.
    assert all(abs(with_it - without) < 1.5 for with_it, without in zip(*gaps, strict=True))


def test_dhcp_never_uses_the_link_local_address(bench, server):
    """RFC 2131 4.1. The lease is removed by hand and the link flaps, so DHCP asks whether the lease is still
    valid.
    """
    server.start()
    board = bench.board()
    wait_for_lease(board)
    board.claim(delay=1, ip=C)
    server.stop()
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    board.flap()
    board.expect("bound")
    time.sleep(4)
    asked = bench.capture.select(lambda f: f.source == board.mac and BOOTP in f.packet)
    assert asked and not [f for f in asked if f.packet[IP].src == C or f.packet[BOOTP].ciaddr == C]


@pytest.mark.not_on_espressif("without has_dhcp4, a test can't recognise such a lease")
def test_a_lease_of_the_held_address_stays_after_stop(bench, server):
    # R3927-1.6-a
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    board.claim(delay=200, ip=C)
    bench.by_hand.add(C)
    ScriptedServer(bench, board, lease=C).lease()
    assert wait_for_lease(board) == C
    time.sleep(SOON)
    shown = board.ask("nic.ifconfig()")
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()") == shown and board.ask(board.LEASED)


def test_a_static_address_that_is_the_held_one_stays(bench, server):
    board = bench.board()
    bench.by_hand.add(C)
    set_static(board, C)
    shown = board.ask("nic.ifconfig()")
    board.claim(delay=200, ip=C)
    time.sleep(SOON)
    assert server.host.ping(C)
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()") == shown


def test_conflicts_on_the_held_address_count_if_it_is_also_set_by_hand(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C)
    set_static(board)
    board.until("logged('routable')")
    bench.by_hand.add(C)
    set_static(board, C)
    time.sleep(SOON)
    bench.wire.send(announcement(C))
    board.expect("defended")


@pytest.mark.parametrize("options", [{}, {"old": True}], ids=["default", "old"])
def test_a_link_local_address_set_by_hand_stays_and_is_not_routable(bench, server, options):
    """RFC 3927 1.6: `old` gives up the address only for routable addresses (1.9), and this one is not
    routable.
    """
    # R3927-1.6-a
    board = bench.board()
    bench.by_hand.add(OTHER)
    board.claim(delay=200, ip=C, **options)
    board.run(f"nic.ifconfig(('{OTHER}', '255.255.0.0', '0.0.0.0', '{PEER}'))")
    time.sleep(SOON)
    assert (board.address, board.ask("nic.ifconfig()[0]")) == (C, OTHER)
    answers(board, server, C, OTHER)
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == OTHER


@pytest.mark.not_on_espressif("without has_dhcp4, a test can't recognise such a lease")
@pytest.mark.parametrize("running", [False, True], ids=["no service", "a service"])
def test_connections_of_a_link_local_lease_end_with_it(bench, server, running):
    """As in lwIP: only connections of autoip's address survive."""
    board = bench.board()
    bench.by_hand.add(OTHER)
    board.run("nic.ipconfig(dhcp4=False)")
    if running:
        board.claim(delay=200, ip=C)
    ScriptedServer(bench, board, lease=OTHER).lease()
    wait_for_lease(board)
    connection = Connection(server.host, board, OTHER)
    assert connection.works()
    ScriptedServer(bench, board).renew()
    board.until("nic.ifconfig()[0] == '10.0.0.50'")
    with pytest.raises(BoardError, match=r"103|104"):  # aborted, or reset
        board.run("connection.recv(1)")
