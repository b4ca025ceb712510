# SPDX-License-Identifier: MIT
"""A 169.254 address set by hand works with a service as without a service (RFC 3927 1.6)."""

import time

import pytest

from .frames import is_arp
from .routable import PEER

C = "169.254.20.20"
BY_HAND = "169.254.9.9"


@pytest.fixture
def board(bench, server):
    board = bench.board()
    bench.by_hand.add(BY_HAND)
    board.claim(delay=200, ip=C)
    board.run(f"nic.ifconfig(('{BY_HAND}', '255.255.0.0', '{PEER}', '{PEER}'))")
    return board


def test_the_announcement_of_the_address_is_on_the_wire(bench, board):
    """lwIP announces an address when the link comes up."""
    began = time.time()
    board.set_link(False)
    board.expect("suspended")
    board.set_link(True)
    bench.capture.wait_for(is_arp("announcement", board.mac, spa=BY_HAND), after=began)
    board.expect("bound")


def test_the_router_of_the_address_is_used(bench, board, server):
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"udp.bind(('{BY_HAND}', 7)); udp.sendto(b'!', ('8.8.8.8', 9))")
    sent = bench.capture.wait_for(lambda f: f.kind == "UDP" and f.packet["IP"].dst == "8.8.8.8")
    assert sent.packet.dst == server.host.mac


def test_both_addresses_answer(board, server):
    # R3927-1.6-a
    assert server.host.ping(C) and server.host.ping(BY_HAND)
