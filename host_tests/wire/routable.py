# SPDX-License-Identifier: MIT
"""Steps of tests in which a routable address exists in addition to the link-local one."""

import time

import pytest
from scapy.layers.dhcp import BOOTP

from .dhcp import ADDRESS as ROUTER
from .dhcp import is_dhcp
from .waiting import PATIENCE

PEER = "169.254.7.7"
STATIC = "10.0.0.99"


def wait_for_lease(board):
    board.until(board.LEASED, PATIENCE)
    return board.ask("nic.ifconfig()[0]")


def ask_for_lease(board):
    """Make a board without a lease send a DISCOVER now, before lwIP's back-off ends. Returns the lease."""
    assert not board.ask(board.LEASED)
    board.run("nic.ipconfig(dhcp4=True)")
    return wait_for_lease(board)


def renew(bench, board, answer):
    """Make the board renew its lease, and wait until the server's answer, "ack" or "nak", is on the wire."""
    lease = board.ask("nic.ifconfig()[0]")
    sent = time.time()
    board.run("nic.ipconfig(dhcp4=True)")
    asked = bench.capture.wait_for(is_dhcp("request", board.mac), after=sent)
    assert asked.packet[BOOTP].ciaddr == lease  # RFC 2131 4.3.2: only a renewal has this field
    return bench.capture.wait_for(is_dhcp(answer, board.mac), after=sent)


def second_interface(bench, board, bridge="br1"):
    """Give the UNIX_TAP board a second interface, `nic2`. Returns its MAC."""
    mac = "28:cd:c1:00:01:01"
    tap = bench.wire.add_tap(bridge)
    board.macs.append(mac)
    board.run(f"nic2 = network.LAN({tap!r}, mac=bytes.fromhex({mac.replace(':', '')!r})); nic2.active(True)")
    return mac


def set_static(board, address=STATIC):
    """Set a static address. The name server is the router, because ESP-IDF doesn't accept 0.0.0.0."""
    board.run(f"nic.ifconfig(('{address}', '255.255.255.0', '{ROUTER}', '{ROUTER}'))")


class Connection:
    """A TCP connection from a host to a board."""

    def __init__(self, host, board, address):
        board.run("server = socket.socket(); server.bind(('0.0.0.0', 5000)); server.listen(1)")
        self._socket = host.socket("stream")
        self._socket.connect((address, 5000))
        board.run("connection = server.accept()[0]; connection.settimeout(PATIENCE)")
        self._host, self._board = host, board
        self._count = 0

    def works(self):
        """Does the connection move data both ways, after the host's ARP entries were flushed?"""
        self._host.run("ip", "neigh", "flush", "all")
        self._count += 1
        data = str(self._count).encode()
        self._socket.send(data)
        assert self._board.ask("connection.recv(16).decode()") == data.decode()
        self._board.run("connection.send(b'yes ')")
        assert self._socket.recv(16) == b"yes "
        return True

    def receives(self, sent):
        """Does the host receive what the board has sent, perhaps by a retransmission?"""
        return self._socket.recv(16) == sent

    def is_reset(self):
        with pytest.raises(ConnectionResetError):
            self._socket.recv(16)
        return True


def answers(board, server, *addresses):
    for address in addresses:
        server.host.run("ip", "neigh", "flush", "all")
        assert server.host.ping(address), address
    assert board.ask("nic.isconnected()")
