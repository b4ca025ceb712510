# SPDX-License-Identifier: MIT
"""Sockets that are bound to autoip's address follow it, as lwIP makes them follow an interface's address."""

import pytest

from .board import BoardError
from .frames import announcement
from .routable import STATIC, ask_for_lease, set_static

C = "169.254.20.20"
OPEN = """
tcp = socket.socket(); tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
tcp.bind(({0!r}, 5000)); tcp.listen(2); tcp.settimeout(PATIENCE)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(({0!r}, 7)); udp.settimeout(PATIENCE)
"""


def open_servers(board, address):
    """A listening TCP socket and a UDP socket that are bound to one of the board's addresses."""
    board.run(OPEN.format(address))


def serves(board, server, address):
    """Both sockets serve a host at the address, and reply from it."""
    with server.host.socket("datagram") as client:
        client.sendto(b"ask", (address, 7))
        board.run("data, peer = udp.recvfrom(16); udp.sendto(data, peer)")
        assert client.recvfrom(16) == (b"ask", (address, 7))
    with server.host.socket("stream") as client:
        client.connect((address, 5000))
        board.run("accepted = tcp.accept()[0]; accepted.settimeout(PATIENCE); accepted.send(b'hello')")
        assert client.recv(16) == b"hello"
        board.run("accepted.close()")
    return True


def connect(board, server, address):
    """An established connection of the listening socket: `connection` on the board. Returns the host's
    socket.
    """
    client = server.host.socket("stream")
    client.connect((address, 5000))
    board.run("connection = tcp.accept()[0]; connection.settimeout(PATIENCE)")
    return client


def is_reset(board, client):
    """The connection has ended with a reset at the peer, and with an error on the board."""
    with pytest.raises(ConnectionResetError):
        client.recv(16)
    client.close()
    with pytest.raises(BoardError, match=r"103|104"):
        board.run("connection.send(b'?')")
    return True


def lose(bench, board, address):
    """Causes two conflicts. Returns the next address."""
    bench.wire.send(announcement(address))
    board.expect("defended")
    bench.wire.send(announcement(address))
    board.expect("lost")
    return board.expect("bound")["address"]


@pytest.mark.threaded
@pytest.mark.parametrize("addition", ["nothing", "a static address"])
def test_sockets_follow_to_the_next_address(bench, server, addition):
    board = bench.board()
    board.claim(delay=200, ip=C)
    open_servers(board, C)
    if addition != "nothing":
        set_static(board)
        board.until("svc.routable")
    assert serves(board, server, C)
    client = connect(board, server, C)
    moved = lose(bench, board, C)
    assert moved != C
    assert is_reset(board, client)
    assert serves(board, server, moved)


def test_sockets_of_the_routable_address_stay_there(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C)
    set_static(board)
    board.until("svc.routable")
    open_servers(board, STATIC)
    lose(bench, board, C)
    assert serves(board, server, STATIC)


@pytest.mark.threaded
def test_sockets_follow_to_the_lease_and_back_with_option_old(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C, old=True)
    open_servers(board, C)
    client = connect(board, server, C)
    server.start()
    lease = ask_for_lease(board)
    board.expect("lost")
    assert is_reset(board, client)
    assert serves(board, server, lease)
    board.run("nic.ipconfig(dhcp4=False)")
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    assert board.expect("bound")["address"] == C
    assert serves(board, server, C)


def test_sockets_follow_to_a_static_address_with_option_old(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C, old=True)
    open_servers(board, C)
    set_static(board)
    board.expect("lost")
    board.until("svc.state == 'idle'")
    assert serves(board, server, STATIC)


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_sockets_leave_a_lease_that_no_server_confirms_with_option_old(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C, old=True)
    open_servers(board, C)
    server.start()
    lease = ask_for_lease(board)
    board.expect("lost")
    server.stop()
    board.flap()
    assert board.expect("bound")["address"] == C
    assert serves(board, server, C)
    server.start()
    assert ask_for_lease(board) == lease
    board.expect("lost")
    assert serves(board, server, lease)


def test_sockets_follow_over_a_flap_that_ends_with_another_address(bench, server):
    board = bench.board()
    board.claim(delay=500, ip=C)
    open_servers(board, C)
    back = board.flap()
    bench.capture.wait_for(lambda f: f.source == board.mac and f.kind == "probe", after=back)
    bench.wire.send(announcement(C))
    board.expect("lost")
    moved = board.expect("bound")["address"]
    assert moved != C
    assert serves(board, server, moved)


def test_sockets_of_a_stopped_service_are_not_changed(bench, server):
    """A service that has been stopped leaves nothing behind. The next service does not move these sockets."""
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.run(OPEN.format(C))
    board.run("svc.stop()")
    bench.by_hand.add(C)
    board.run(f"nic.ifconfig(('{C}', '255.255.0.0', '0.0.0.0', '0.0.0.0'))")
    board.claim(delay=200, ip="169.254.30.30")
    assert serves(board, server, C)
