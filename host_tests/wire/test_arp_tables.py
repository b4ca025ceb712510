# SPDX-License-Identifier: MIT
"""lwIP has ARP entries for each of the board's two addresses. Both learn a new MAC of a peer (RFC 826)."""

import pytest
from scapy.layers.inet import IP

from .dhcp import ADDRESS as ROUTER
from .frames import ADVERSARY_MAC, announcement, is_arp, reply, request
from .routable import STATIC, set_static

C = "169.254.20.20"
FENCE = "169.254.99.99"
NEW = "02:00:00:00:00:77"  # another MAC of the host
NEWS = {
    "announcement": lambda board: announcement(ROUTER),
    "request for the link-local address": lambda board: request(ROUTER, C),
    "request for the routable address": lambda board: request(ROUTER, STATIC),
    "reply to the link-local address": lambda board: reply(ROUTER, C, board.mac),
    "reply to the routable address": lambda board: reply(ROUTER, STATIC, board.mac),
}


def with_a_static_address(bench):
    board = bench.board()
    board.claim(delay=200, ip=C)
    set_static(board)
    board.until("svc.routable")
    return board


def mac_used(bench, board, own):
    """The MAC to which the board sends packets from one of its addresses to the peer."""
    board.run("sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    sent = bench.wire.send(request(FENCE, own))
    board.run(f"sock.bind(({own!r}, 0)); sock.sendto(b'?', ({ROUTER!r}, 9)); sock.close()")

    def is_sent(frame):
        ip = frame.packet.getlayer(IP)
        return frame.source == board.mac and ip is not None and (ip.src, ip.dst) == (own, ROUTER)

    return bench.capture.wait_for(is_sent, after=sent).packet.dst


def deliver(bench, board, news, own=C):
    """Send a frame, and wait until the board has processed it."""
    bench.wire.send(news)
    sent = bench.wire.send(request(FENCE, own))
    bench.capture.wait_for(is_arp("reply", board.mac, tpa=FENCE), after=sent)


@pytest.mark.threaded
@pytest.mark.parametrize("news", NEWS)
def test_a_new_mac_reaches_both_tables(bench, server, news):
    # R5227-1.2-a
    board = with_a_static_address(bench)
    for own in (STATIC, C):
        assert mac_used(bench, board, own) == server.mac
    deliver(bench, board, NEWS[news](board))
    for own in (STATIC, C):
        assert mac_used(bench, board, own) == ADVERSARY_MAC


@pytest.mark.threaded
def test_a_new_mac_that_is_announced_while_the_link_local_address_is_shown(bench, server):
    """The ARP entry that the routable address had before must not be used when this address is back."""
    board = with_a_static_address(bench)
    assert mac_used(bench, board, STATIC) == server.mac
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    board.until(f"nic.ifconfig()[0] == '{C}'")
    server.host.set_mac(NEW)
    deliver(bench, board, announcement(ROUTER, mac=NEW))
    set_static(board)
    assert mac_used(bench, board, STATIC) == NEW


@pytest.mark.threaded
def test_a_malformed_announcement_changes_no_entry(bench, server):
    board = with_a_static_address(bench)
    for own in (STATIC, C):
        assert mac_used(bench, board, own) == server.mac
    for field, value in (("hwtype", 6), ("ptype", 0x86DD), ("hwlen", 8), ("plen", 16)):
        news = announcement(ROUTER)
        frame = bytearray(bytes(news))
        offset, length = {"hwtype": (14, 2), "ptype": (16, 2), "hwlen": (18, 1), "plen": (19, 1)}[field]
        frame[offset : offset + length] = value.to_bytes(length, "big")
        deliver(bench, board, frame)
    for own in (STATIC, C):
        assert mac_used(bench, board, own) == server.mac
