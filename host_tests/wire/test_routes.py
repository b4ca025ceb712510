# SPDX-License-Identifier: MIT
"""The addresses and interfaces that packets use, with a link-local and a routable address on one
interface.
"""

import contextlib
import itertools
import socket
import time

import pytest
from scapy.layers.inet import ICMP, IP, TCP
from scapy.layers.inet6 import ICMPv6ND_NS
from scapy.layers.l2 import Ether

from .board import BoardError
from .dhcp import ADDRESS as ROUTER
from .frames import ADVERSARY_MAC, BROADCAST, is_arp, request
from .routable import (
    PEER,
    STATIC,
    Connection,
    answers,
    ask_for_lease,
    second_interface,
    set_static,
    wait_for_lease,
)
from .waiting import PATIENCE, QUIET, SOON

C = "169.254.20.20"
ALL = "169.254.255.255"
ABSENT = "169.254.99.99"
MODES = {"default": {}, "old": {"old": True}, "old and force": {"old": True, "force": True}}


def with_a_static_address(bench, mode):
    """A board with a static address, and with the link-local one if the mode keeps it."""
    board = bench.board()
    board.claim(delay=200, ip=C, **MODES[mode])
    set_static(board)
    board.until("logged('routable')")
    return board


def is_ip(board, source, destination):
    return lambda f: (
        f.source == board.mac
        and IP in f.packet
        and (f.packet[IP].src, f.packet[IP].dst) == (source, destination)
    )


def udp(board, address):
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.settimeout(PATIENCE)")
    board.run(f"udp.bind(('{address}', 7))")


@pytest.mark.parametrize("mode", MODES)
def test_a_socket_bound_to_the_routable_address_reaches_link_local_hosts(bench, server, mode):
    # R3927-2.6.2-a, R3927-2.6.2-b, BCT-III.2
    board = with_a_static_address(bench, mode)
    udp(board, STATIC)
    board.run(f"udp.sendto(b'?', ('{PEER}', 9999))")
    packet = bench.capture.wait_for(is_ip(board, STATIC, PEER)).packet
    assert packet.dst == server.mac
    board.run("tcp = socket.socket(); tcp.settimeout(PATIENCE)")
    board.run(f"tcp.bind(('{STATIC}', 8))")
    with pytest.raises(BoardError, match=r"111|104"):  # refused, or reset: the host has answered
        board.run(f"tcp.connect(('{PEER}', 9999))")


@pytest.mark.parametrize("mode", ["default", "old and force"])
def test_a_socket_bound_to_the_link_local_address_reaches_link_local_hosts(bench, server, mode):
    # R3927-2.6.2-a
    board = with_a_static_address(bench, mode)
    udp(board, C)
    board.run(f"udp.sendto(b'?', ('{PEER}', 9999))")
    assert bench.capture.wait_for(is_ip(board, C, PEER)).packet.dst == server.mac


def test_packets_from_a_link_local_address_are_never_sent_to_a_router(bench, server):
    """RFC 3927 2.6.2 and 2.7: for an address off the link, the board sends ARP Requests, which no host
    answers.
    """
    # R3927-2.6.2-f, R3927-2.6.2-d, R3927-1.9-e, B31
    board = with_a_static_address(bench, "default")
    udp(board, C)
    board.run("tcp = socket.socket(); tcp.settimeout(0.3)")
    board.run(f"tcp.bind(('{C}', 998))")
    sent = time.time()
    board.run("udp.sendto(b'off the link', ('8.8.8.8', 53))")
    with contextlib.suppress(BoardError):
        board.run("tcp.connect(('8.8.4.4', 80))")
    for destination in ("8.8.8.8", "8.8.4.4"):
        request = bench.capture.wait_for(is_arp("request", board.mac, tpa=destination), after=sent)
        assert (request.arp.psrc, request.packet.dst) == (C, BROADCAST)

    def goes_off_link(frame):
        return frame.source == board.mac and IP in frame.packet and frame.packet[IP].dst.startswith("8.8.")

    assert not bench.capture.select(goes_off_link)
    # Packets with the routable source still go to the router.
    board.run("socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'!', ('8.8.8.8', 53))")
    assert bench.capture.wait_for(goes_off_link).packet.dst == server.mac


@pytest.mark.parametrize("mode", MODES)
def test_a_link_local_destination_is_never_sent_to_a_router(bench, server, mode):
    """R3927-2.6.2-c: there is a router, and no host answers the ARP Request for the destination."""
    board = with_a_static_address(bench, mode)
    board.run(f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('{ABSENT}', 9999))")
    bench.capture.wait_for_several(is_arp("request", board.mac, tpa=ABSENT), 2)  # lwIP asks once per second
    assert not bench.capture.select(
        lambda f: f.source == board.mac and IP in f.packet and f.packet[IP].dst == ABSENT
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_broadcast_to_the_prefix_is_sent(bench, server, mode):
    """RFC 3927 2.6.2: 169.254.255.255 is a broadcast, whatever the netmask is."""
    # R3927-2.6.2-g, X-44
    board = with_a_static_address(bench, mode)
    source = C if mode == "default" else STATIC
    board.run("sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run("sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)")
    board.run(f"sock.sendto(b'to all', ('{ALL}', 9999))")
    assert bench.capture.wait_for(is_ip(board, source, ALL)).packet.dst == BROADCAST


@pytest.mark.parametrize("mode", ["default", "old and force"])
def test_a_broadcast_to_the_prefix_is_received(bench, server, mode):
    # R3927-2.6.2-g
    board = with_a_static_address(bench, mode)
    udp(board, "0.0.0.0")
    with server.host.socket("datagram") as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.bind((PEER, 0))
        sock.sendto(b"to all", (ALL, 7))
        assert board.ask("udp.recvfrom(16)[1][0]") == PEER


def test_an_address_is_reachable_on_its_own_interface_only(two_wires):
    """RFC 3927 3.2. The other interface has a service but holds no link-local address."""
    # R3927-3.2-a
    board = two_wires.board()
    mac = second_interface(two_wires, board)
    board.run(f"nic2.ifconfig(('{STATIC}', '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
    board.claim(delay=200, ip=C)
    board.run("svc2 = autoip.start(nic2, old=True)")
    board.until("svc2.state == 'idle'")
    for address, peer, answered in ((STATIC, "10.0.0.1", True), (C, "10.0.0.2", False)):
        sent = two_wires.wire.send(
            Ether(src=ADVERSARY_MAC, dst=mac) / IP(src=peer, dst=address) / ICMP(), "br1"
        )
        asks_where = is_arp("request", tpa=peer)  # the start of an answer
        if answered:
            two_wires.captures[1].wait_for(asks_where, after=sent)
        else:
            time.sleep(QUIET)
            assert not any(capture.select(asks_where, sent) for capture in two_wires.captures)


@pytest.mark.parametrize("payload", [ICMP(), TCP(dport=4444, flags="S")], ids=["ping", "SYN"])
def test_an_interface_without_a_service_does_not_know_the_address(two_wires, payload):
    """Otherwise this interface would answer via its router (RFC 3927 2.6.2, 2.7, 3.2)."""
    # R3927-3.2-a
    board = two_wires.board()
    mac = second_interface(two_wires, board)
    router = two_wires.wire.add_host("10.1.0.1/24", "br1")
    board.run("nic2.ifconfig(('10.1.0.99', '255.255.255.0', '10.1.0.1', '0.0.0.0'))")
    board.claim(delay=200, ip=C)
    assert router.ping("10.1.0.99")
    sent = two_wires.wire.send(Ether(src=router.mac, dst=mac) / IP(src="8.8.8.8", dst=C) / payload, "br1")
    time.sleep(QUIET)
    frames = two_wires.captures[1].since(sent)
    assert not [f for f in frames if f.source == mac and IP in f.packet and f.packet[IP].src == C]


@pytest.mark.not_on_espressif("ESP-IDF has other error numbers")
def test_nothing_leaves_without_an_address(bench, server):
    """An interface that has lost its address sends nothing to a host from which it received frames before."""
    board = bench.board()
    set_static(board)
    board.start(old=True, delay=8000)
    board.until("svc.state == 'idle'")
    bench.wire.send(request(PEER, STATIC))
    time.sleep(QUIET)
    board.run("sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    with pytest.raises(BoardError, match="113"):  # EHOSTUNREACH
        board.run(f"sock.sendto(b'?', ('{PEER}', 9999))")


IPV6 = {
    "TCP": "s = socket.socket(socket.AF_INET6); s.settimeout(0.2); s.connect(('{}', 9))",
    "UDP": (
        "s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::', 9)); s.sendto(b'!', ('{}', 9))"
    ),
}


@pytest.mark.not_on_espressif("esp32 has no ipconfig(addr6)")
@pytest.mark.parametrize("kind", IPV6)
def test_ipv6_neighbours_are_reached_as_without_autoip(bench, kind):
    """lwIP uses its only interface for fe80::/10 without a zone. The alias must not change this."""
    board = bench.board()
    hosts = itertools.count(0x10)

    def reaches():
        host, sent = f"fe80::{next(hosts):x}", time.time()
        with contextlib.suppress(BoardError):  # no host answers TCP
            board.run(IPV6[kind].format(host))
        board.run("s.close()")
        return bench.capture.wait_for(
            lambda f: ICMPv6ND_NS in f.packet and f.packet[ICMPv6ND_NS].tgt == host, after=sent
        )

    has_valid_address = "len(nic.ipconfig('addr6')) and nic.ipconfig('addr6')[0][1] & 16"
    board.until(has_valid_address, PATIENCE)
    assert reaches()
    board.claim(delay=200, ip=C)
    assert reaches()
    set_static(board)
    assert reaches()


@pytest.mark.parametrize("claims", [False, True])
def test_an_ipv6_neighbour_without_a_zone_may_be_on_either_of_two_interfaces(two_wires, claims):
    """lwIP sends such a packet with its only interface, and does not send it if there are two."""
    board = two_wires.board()
    second_interface(two_wires, board)
    if claims:
        board.claim(delay=200, ip=C)
    for nic in ("nic", "nic2"):
        board.until(f"len({nic}.ipconfig('addr6')) and {nic}.ipconfig('addr6')[0][1] & 16", PATIENCE)
    with pytest.raises(BoardError, match="113"):  # EHOSTUNREACH
        board.run(IPV6["UDP"].format("fe80::10"))


def test_an_unbound_socket_sends_from_an_address_set_by_hand_not_from_the_alias(bench, server):
    """Both interfaces reach 169.254/16. lwIP finds the interface's own address first, as without autoip."""
    # R3927-1.6-a
    by_hand = "169.254.9.9"
    bench.by_hand.add(by_hand)
    board = bench.board()
    board.run(f"nic.ifconfig(('{by_hand}', '255.255.0.0', '0.0.0.0', '{ROUTER}'))")
    board.claim(delay=200, ip=C)
    board.run(f"socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('{PEER}', 9999))")
    packet = bench.capture.wait_for(
        lambda f: f.source == board.mac and f.kind == "UDP" and f.packet[IP].dst == PEER
    )
    assert packet.packet[IP].src == by_hand


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_old_and_a_lease_that_was_stale_before_the_start(bench, server):
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    server.stop()
    board.flap()
    board.until(f"not {board.LEASED}", PATIENCE)
    board.start(delay=200, ip=C, old=True)
    assert board.expect("bound")["address"] == C
    assert board.ask("nic.ifconfig()[0]") == lease


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_old_and_a_lease_that_no_server_confirms(bench, server):
    """lwIP leaves a lease on the interface while it asks for a new one, as on a new network."""
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    board.start(delay=200, ip=C, old=True)
    board.until("svc.state == 'idle'")
    server.stop()
    board.flap()
    assert board.expect("bound")["address"] == C
    assert board.ask("nic.ifconfig()[0]") == lease
    assert server.host.ping(C)
    server.start()
    ask_for_lease(board)
    board.until("svc.state == 'idle'")
    board.expect("lost")
    answers(board, server, lease)


@pytest.mark.not_on_espressif("ESP-IDF also removes the gateway")
def test_a_gateway_without_an_address_stays(bench):
    board = bench.board()
    board.run("nic.ipconfig(gw4='10.0.0.77')")
    board.claim(delay=200, ip=C)
    board.until(f"nic.ifconfig()[0] == '{C}'")
    assert board.ask("nic.ipconfig('gw4')") == "10.0.0.77"
    board.run("svc.stop()")
    assert board.ask("(nic.ipconfig('addr4')[0], nic.ipconfig('gw4'))") == ["0.0.0.0", "10.0.0.77"]


def test_a_lease_that_is_removed_by_hand_still_belongs_to_dhcp(bench, server):
    server.start()
    board = bench.board()
    wait_for_lease(board)
    board.claim(delay=200, ip=C)
    connection = Connection(server.host, board, C)
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    time.sleep(SOON)
    assert connection.works()
    board.run("nic.ipconfig(dhcp4=False)")
    board.until(f"nic.ifconfig()[0] == '{C}'")
    assert connection.works()


@pytest.mark.not_on_espressif("ESP-IDF has other interface names")
def test_the_service_of_a_removed_interface_is_found_by_its_name(bench):
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.run("nic.active(False)")
    board.expect("suspended")
    assert board.ask("autoip.get('e0') is svc and autoip.get(nic) is svc")
    board.run("autoip.stop('e0')")
    assert board.ask("svc.state") == "stopped"
