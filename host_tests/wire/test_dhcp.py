# SPDX-License-Identifier: MIT
"""The link-local address in addition to a routable one: DHCP and static addresses, `old` and `force`."""

import contextlib
import time

import pytest
from scapy.layers.dhcp import BOOTP
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

from .dhcp import ADDRESS as ROUTER
from .frames import ADVERSARY_MAC, announcement, is_arp, request
from .routable import (
    PEER,
    STATIC,
    Connection,
    answers,
    ask_for_lease,
    renew,
    set_static,
    wait_for_lease,
)
from .waiting import PATIENCE

C = "169.254.20.20"


@pytest.mark.parametrize("seconds", [10, 60])
def test_link_local_first_and_dhcp_later(bench, server, seconds):
    """As without autoip, the DHCP client sends its messages again and again, with growing pauses."""
    # R3927-1.9-c, R3927-2.11-a, X-43
    board = bench.board()
    assert board.claim(delay=200, ip=C) == C
    connection = Connection(server.host, board, C)
    assert connection.works()
    time.sleep(seconds)
    server.start()
    lease = wait_for_lease(board)
    assert board.ask("nic.ifconfig()[:3]") == [lease, "255.255.255.0", ROUTER]
    assert board.address == C
    assert connection.works()
    answers(board, server, C, lease)


@pytest.mark.not_on_espressif("ipconfig(dhcp4=True) renews no lease")
@pytest.mark.threaded
def test_a_connection_survives_all_changes_of_the_routable_address(bench, server):
    # R3927-1.9-g, R3927-1.9-c
    server.start()
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    board.claim(delay=200, ip=C)
    connection = Connection(server.host, board, C)

    lease = ask_for_lease(board)
    assert connection.works()
    renewal = renew(bench, board, "ack")
    assert renewal.packet[BOOTP].yiaddr == lease
    assert connection.works()
    answers(board, server, C, lease)

    server.stop()
    server.start(first=70)
    renew(bench, board, "nak")
    board.until(f"nic.ifconfig()[0] not in ('{lease}', '{C}', '0.0.0.0')", PATIENCE)
    answers(board, server, C, board.ask("nic.ifconfig()[0]"))
    assert connection.works()

    board.run("nic.ipconfig(dhcp4=False)")  # a release
    board.until(f"nic.ifconfig()[0] == '{C}'")
    assert connection.works()

    set_static(board)
    answers(board, server, C, STATIC)
    assert connection.works()
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    board.until(f"nic.ifconfig()[0] == '{C}'")
    assert connection.works()

    ask_for_lease(board)
    assert connection.works()
    board.run("svc.stop()")
    assert connection.is_reset()
    assert wait_for_lease(board) == board.ask("nic.ifconfig()[0]")


def test_dhcp_first_and_link_local_later(bench, server):
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    shown = board.ask("nic.ifconfig()")
    assert board.claim(delay=200, ip=C) == C
    assert board.ask("nic.ifconfig()") == shown
    answers(board, server, C, lease)
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()") == shown
    assert server.host.ping(lease) and server.host.gets_no_answer(C)


def test_dhcp_and_link_local_at_once(bench, server):
    # R3927-1.9-j, X-43, B17
    server.start()
    board = bench.board()
    board.start(delay=200, ip=C)
    board.run("nic.ipconfig(dhcp4=True)")
    board.expect("bound")
    lease = wait_for_lease(board)
    assert (board.ask("nic.ifconfig()[0]"), board.address) == (lease, C)
    answers(board, server, C, lease)


def test_udp_replies_leave_from_the_address_that_the_request_was_sent_to(bench, server):
    # R3927-2.6.1-a
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    board.claim(delay=200, ip=C)
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run("udp.bind(('0.0.0.0', 7)); udp.settimeout(PATIENCE)")
    for address in (C, lease):
        with server.host.socket("datagram") as sock:
            sock.connect((address, 7))  # accepts answers from this address only
            sock.send(b"?")
            board.run("udp.sendto(*udp.recvfrom(16))")
            assert sock.recv(16) == b"?"


def mdns_answer(bench, board):
    """The addresses of the board's mDNS name, from its answer to a multicast query."""
    query = DNS(qr=0, rd=0, qd=DNSQR(qname=board.ask("network.hostname()") + ".local", qtype="A"))
    ask = Ether(src=ADVERSARY_MAC, dst="01:00:5e:00:00:fb") / IP(src=PEER, dst="224.0.0.251", ttl=255)

    def is_answer(frame):
        return frame.source == board.mac and DNS in frame.packet and frame.packet[DNS].qr == 1

    # A responder repeats an answer at most once per second, and does not answer while it probes its name.
    for _ in range(50):
        sent = bench.wire.send(ask / UDP(sport=5353, dport=5353) / query)
        with contextlib.suppress(TimeoutError):
            answer = bench.capture.wait_for(is_answer, 1.2, after=sent).packet[DNS]
            return {record.rdata for record in answer.an if record.type == 1}
    raise TimeoutError("no mDNS answer")


@pytest.mark.not_on_espressif("no mDNS on LAN")
def test_the_interface_uses_the_link_local_address_until_there_is_a_lease(bench, server):
    # R3927-1.9-e, R3927-1.9-f
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    lease = C
    for _ in range(2):
        for destination in ("255.255.255.255", "239.1.1.1"):
            board.run(f"udp.sendto(b'to all', ('{destination}', 9999))")
            sent = bench.capture.wait_for(
                lambda f, to=destination, by=lease: (
                    IP in f.packet and f.packet[IP].dst == to and f.packet[IP].src == by
                )
            )
            assert int(sent.packet.dst[:2], 16) & 1  # the multicast bit of the MAC
        assert mdns_answer(bench, board) == {lease}
        if lease == C:
            server.start()
            lease = ask_for_lease(board)


@pytest.mark.parametrize("order", ["static first", "link-local first"])
def test_static_address(bench, server, order):
    # R3927-1.9-c
    board = bench.board()
    if order == "static first":
        set_static(board)
    board.claim(delay=200, ip=C)
    if order == "link-local first":
        set_static(board)
    answers(board, server, C, STATIC)
    assert board.ask("nic.ifconfig()[:3]") == [STATIC, "255.255.255.0", ROUTER]
    server.start()
    lease = ask_for_lease(board)
    answers(board, server, C, lease)


@pytest.mark.not_on_espressif("before MicroPython 1.29, LAN takes some events of IP for events of the link")
@pytest.mark.parametrize("addition", ["nothing", "a lease"])
def test_a_flap_ends_the_use_of_the_address_even_while_python_is_busy(bench, server, addition):
    """RFC 3927 2.2: the address is not used again before it has been probed and announced."""
    # R3927-2.2-a, R3927-2.2-b
    board = bench.board()
    if addition == "a lease":
        server.start()
        ask_for_lease(board)
    board.run(f"svc = start(nic, ip={C!r}, delay=200, on_event=busy_during_a_flap)")
    board.expect("bound")
    assert server.host.ping(C)
    board.set_link(False)
    board.expect("unplugged")
    board.set_link(True)
    bench.wire.wait_for_port(board.tap)
    plugged = time.time()
    is_announced = is_arp("announcement", board.mac, spa=C)  # lwIP announces the lease itself
    while not bench.capture.select(is_announced, plugged):
        bench.wire.send(request(PEER, C, server.mac))
        bench.wire.send(Ether(src=server.mac, dst=board.mac) / IP(src=PEER, dst=C) / ICMP())
        time.sleep(0.05)
        assert time.time() < plugged + PATIENCE
    announced = bench.capture.select(is_announced, plugged)[0].time
    assert len(bench.capture.probes_of(board.mac, plugged)) == 3
    assert board.expect("no longer busy")["time"] > plugged + 0.1  # Python was busy when the host asked

    def uses_it(frame):
        arp, ip = frame.arp, frame.packet.getlayer(IP)
        return frame.source == board.mac and C in (arp and arp.psrc, ip and ip.src)

    assert not [frame for frame in bench.capture.since(plugged) if uses_it(frame) and frame.time < announced]
    answers(board, server, C)


def test_activating_again_claims_again(bench, server):
    server.start()
    board = bench.board()
    wait_for_lease(board)
    board.claim(delay=200, ip=C)
    board.run("nic.active(False)")
    assert board.expect("suspended")["address"] is None
    board.run("nic.active(True)")
    assert board.expect("bound")["address"] == C
    answers(board, server, C, wait_for_lease(board))


@pytest.mark.threaded
def test_option_old_gives_up_the_link_local_address_for_a_routable_one(bench, server):
    # R3927-1.9-a, R3927-1.9-e, R3927-1.9-f, R3927-1.9-i, R3927-2.6.2-b, B18
    board = bench.board()
    board.claim(delay=200, ip=C, old=True)
    connection = Connection(server.host, board, C)
    assert connection.works()
    server.start()
    lease = ask_for_lease(board)
    board.until("svc.state == 'idle'")
    board.expect("lost")
    assert connection.is_reset()
    assert (board.address, board.ask("svc.state")) == (None, "idle")
    # wait() returns an address at which the board can be reached. Without a link-local one, it is the lease.
    assert board.ask("svc.wait()") == board.ask("svc.routable") == lease
    assert server.host.gets_no_answer(C)
    # 169.254/16 is on the link nevertheless (RFC 3927 2.6.2), and the source is the routable address.
    sent = time.time()
    assert board.ask(f"ping('{PEER}')")
    ping = bench.capture.wait_for(lambda f: f.kind == "ICMP" and f.source == board.mac, after=sent)
    assert (ping.packet.dst, ping.packet[IP].src) == (server.mac, lease)
    board.run("nic.ipconfig(dhcp4=False)")
    assert board.expect("bound")["address"] == C
    answers(board, server, C)


def test_with_old_and_force_the_link_local_address_still_answers_requests(bench, server):
    # R3927-1.9-e, R3927-1.9-g, R3927-2.6.1-a
    board = bench.board()
    board.claim(delay=200, ip=C, old=True, force=True)
    connection = Connection(server.host, board, C)
    server.start()
    lease = ask_for_lease(board)
    board.until("logged('routable')")
    assert board.address == C
    assert connection.works()
    answers(board, server, C, lease)
    sent = time.time()
    assert board.ask(f"ping('{PEER}')")
    ping = bench.capture.wait_for(lambda f: f.kind == "ICMP" and f.source == board.mac, after=sent)
    assert ping.packet[IP].src == lease
    board.run("nic.ipconfig(dhcp4=False)")
    board.until(f"nic.ifconfig()[0] == '{C}'")
    assert connection.works()
    sent = time.time()
    assert board.ask(f"ping('{PEER}')")
    ping = bench.capture.wait_for(lambda f: f.kind == "ICMP" and f.source == board.mac, after=sent)
    assert ping.packet[IP].src == C


def test_force_alone_is_ignored_and_the_log_says_so(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C, force=True)
    assert "force without old" in [entry[1] for entry in board.ask("svc.log()")]
    server.start()
    answers(board, server, C, ask_for_lease(board))


def test_a_conflict_on_the_routable_address_is_only_reported(bench, server):
    """RFC 5227 2.4."""
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    board.claim(delay=200, ip=C)
    shown = board.ask("nic.ifconfig()")
    bench.wire.send(announcement(lease))
    board.expect("routable conflict")
    assert board.ask("(svc.stats()['routable_conflicts'], svc.stats()['conflicts'])") == [1, 0]
    assert board.ask("svc.offender.hex(':')") == ADVERSARY_MAC
    assert (board.ask("nic.ifconfig()"), board.address) == (shown, C)


def test_a_conflict_moves_only_the_link_local_address(bench, server):
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    board.claim(delay=200, ip=C, abandon=True)
    bench.wire.send(announcement(C))
    board.expect("lost")
    moved = board.expect("bound")["address"]
    assert moved != C
    answers(board, server, moved, lease)


@pytest.mark.only("unix", "it takes 120 s")
def test_a_lease_that_expires_leaves_the_link_local_address(bench, server):
    """The lease of 120 s expires because its server has been stopped. lwIP checks every 60 s."""
    server.start()
    board = bench.board()
    wait_for_lease(board)
    board.claim(delay=200, ip=C)
    connection = Connection(server.host, board, C)
    server.stop()
    board.until(f"nic.ifconfig()[0] == '{C}'", 240)
    assert connection.works()
