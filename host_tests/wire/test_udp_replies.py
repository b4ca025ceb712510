# SPDX-License-Identifier: MIT
"""A UDP reply leaves from the address to which the peer sent its request. The request does not change the
source address of other packets.
"""

import time

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from .dhcp import ADDRESS as ROUTER
from .frames import ADVERSARY_MAC, BROADCAST, is_arp
from .routable import PEER, STATIC, second_interface, set_static
from .waiting import PATIENCE

C = "169.254.20.20"
STRANGER = "8.8.8.8"  # not on the link, but behind the router
REPLY_AGE = 8  # s for which a sanitized board remembers a peer


def serving(bench, **options):
    """A board with a static and a link-local address, and a UDP server on port 7 of both."""
    board = bench.board()
    board.claim(delay=200, ip=C, **options)
    set_static(board)
    board.until("svc.routable")
    serve(board)
    return board


def serve(board, name="server", port=7):
    board.run(f"{name} = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"{name}.bind(('0.0.0.0', {port})); {name}.settimeout(PATIENCE)")


def client(server, address=ROUTER, port=0):
    """A UDP socket of the host, bound to one of its addresses."""
    sock = server.host.socket("datagram")
    sock.bind((address, port))
    return sock


def ask(board, sock, address):
    """A peer's request to port 7 of an address reaches the program."""
    sock.sendto(b"ask", (address, 7))
    board.run("data, peer = server.recvfrom(16)")


def source_of_reply(board, sock, by="server"):
    """The address from which the board sends a datagram to the peer."""
    address, port = sock.getsockname()
    board.run(f"{by}.sendto(b'reply', ({address!r}, {port}))")
    return sock.recvfrom(16)[1][0]


def connects_from(board, server, address):
    """The address from which the board makes a new TCP connection."""
    with server.host.socket("stream") as listener:
        listener.bind((address, 5000))
        listener.listen()
        board.run("tcp = socket.socket(); tcp.settimeout(PATIENCE)")
        board.run(f"tcp.connect(({address!r}, 5000)); tcp.close()")
        connection, name = listener.accept()
        connection.close()
        return name[0]


@pytest.mark.threaded
def test_a_new_tcp_connection_leaves_from_the_routable_address(bench, server):
    """The host has sent a UDP datagram to the link-local address before."""
    board = serving(bench)
    with client(server) as sock:
        ask(board, sock, C)
        assert connects_from(board, server, ROUTER) == STATIC
        assert source_of_reply(board, sock) == C


@pytest.mark.threaded
def test_with_force_a_new_tcp_connection_leaves_from_the_routable_address(bench, server):
    """The link-local host has sent a UDP datagram to the link-local address before."""
    board = serving(bench, old=True, force=True)
    with client(server, PEER) as sock:
        ask(board, sock, C)
        assert connects_from(board, server, PEER) == STATIC
        assert source_of_reply(board, sock) == C


@pytest.mark.threaded
@pytest.mark.parametrize("port", [53, 4000])
def test_a_forged_source_does_not_change_the_route_to_it(bench, server, port):
    """One datagram from 8.8.8.8:4000. Packets to 8.8.8.8 still go to the router, also those to port 4000."""
    board = serving(bench)
    header = Ether(src=ADVERSARY_MAC, dst=board.mac) / IP(src=STRANGER, dst=C)
    sent = bench.wire.send(header / UDP(sport=4000, dport=7) / b"ask")
    board.run("server.recvfrom(16)")
    board.run(f"server.sendto(b'?', ('{STRANGER}', {port}))")
    packet = bench.capture.wait_for(
        lambda f: f.source == board.mac and IP in f.packet and f.packet[IP].dst == STRANGER, after=sent
    ).packet
    assert (packet[IP].src, packet.dst) == (STATIC, server.mac)
    assert not bench.capture.select(is_arp("request", board.mac, tpa=STRANGER), sent)


@pytest.mark.threaded
def test_only_the_socket_that_was_asked_replies_from_the_address(bench, server):
    board = serving(bench)
    serve(board, "other", 8)
    with client(server) as sock, client(server) as silent:
        ask(board, sock, C)
        assert source_of_reply(board, sock) == C
        assert source_of_reply(board, silent) == STATIC
        assert source_of_reply(board, sock, "other") == STATIC


def test_a_peer_that_asks_another_address_frees_its_slot(bench, server):
    """The board has slots for four peers. The fifth peer gets the slot that the first peer has freed."""
    board = serving(bench)
    socks = [client(server) for _ in range(5)]
    for sock in socks[:4]:
        ask(board, sock, C)
    ask(board, socks[0], STATIC)
    ask(board, socks[4], C)
    assert [source_of_reply(board, sock) for sock in socks] == [STATIC, C, C, C, C]
    for sock in socks:
        sock.close()


def test_the_peer_that_asked_least_recently_is_forgotten_first(bench, server):
    board = serving(bench)
    socks = [client(server) for _ in range(5)]
    for sock in (*socks[:4], socks[0], socks[4]):
        ask(board, sock, C)
    assert [source_of_reply(board, sock) for sock in socks] == [C, STATIC, C, C, C]
    for sock in socks:
        sock.close()


@pytest.mark.threaded
def test_a_connected_socket_replies_from_the_address_that_was_asked(bench, server):
    board = serving(bench)
    with client(server) as sock:
        ask(board, sock, C)
        board.run("server.connect(peer); server.send(b'reply')")
        assert sock.recvfrom(16)[1][0] == C


@pytest.mark.only("unix", "other boards remember a peer for five minutes")
def test_a_peer_is_forgotten_after_a_while(bench, server):
    board = serving(bench)
    with client(server) as sock:
        asked = board.now()
        ask(board, sock, C)
        source = source_of_reply(board, sock)
        assert source == C or board.now() - asked > REPLY_AGE / 2
        while board.now() - asked < 2 * REPLY_AGE:
            time.sleep(0.5)
            source = source_of_reply(board, sock)
        assert source == STATIC


def test_a_peer_is_forgotten_with_the_address(bench, server):
    """The board no longer has the address, so a late reply leaves from the routable address."""
    board = serving(bench)
    with client(server) as sock:
        ask(board, sock, C)
        board.run("svc.stop()")
        assert source_of_reply(board, sock) == STATIC


@pytest.mark.parametrize("to", ["255.255.255.255", "169.254.255.255"])
@pytest.mark.parametrize("bridge", ["br0", "br1"])
def test_a_reply_to_a_broadcast_leaves_on_its_link(two_wires, bridge, to):
    """Two interfaces with link-local addresses. The board has no ARP entry for the peer."""
    # R3927-3.2-a
    board = two_wires.board()
    macs = [board.mac, second_interface(two_wires, board)]
    board.run("svc = start(nic, delay=200); svc2 = start(nic2, delay=200)")
    addresses = board.ask("[svc.wait(PATIENCE * 1000), svc2.wait(PATIENCE * 1000)]")
    serve(board)
    number = ("br0", "br1").index(bridge)
    header = Ether(src=ADVERSARY_MAC, dst=BROADCAST) / IP(src="169.254.7.50", dst=to)
    sent = two_wires.wire.send(header / UDP(sport=4000, dport=7) / b"ask", bridge)
    board.run("server.sendto(*server.recvfrom(16))")
    asks = is_arp("request", macs[number], tpa="169.254.7.50")
    assert two_wires.captures[number].wait_for(asks, PATIENCE, sent).arp.psrc == addresses[number]
