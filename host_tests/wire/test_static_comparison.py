# SPDX-License-Identifier: MIT
"""Applications and other hosts see no difference between autoip's address and a static link-local address."""

import contextlib
import time

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

from .differential import (
    Comparison,
    each_address,
    each_address_on_link,
    each_address_twice,
    each_prefix,
    each_subnet,
    link_local,
    new,
    new_to_prefix,
    shown,
    three_hosts,
)
from .frames import ADVERSARY_MAC, announcement, is_arp, probe, reply, request
from .script_turn import ALL, PORT, WAIT

GROUP = "239.1.2.3"
MDNS_GROUP = "224.0.0.251"
MDNS = 5353
LARGE = 3000  # bytes: three fragments
AGE = 40  # s that an ARP entry lasts on the sanitized UNIX_TAP

# A socket as the application makes it, and the hosts with which it can communicate.
SOCKETS = pytest.mark.parametrize(
    ("name", "turns"), [("", new), ("own, 0", each_address)], ids=["unbound", "bound"]
)
SERVERS = pytest.mark.parametrize("name", ["'0.0.0.0'", "own"], ids=["unbound", "bound"])
ON_TASK_TOO = pytest.mark.parametrize("comparison", ["unix", "qemu", "task"], indirect=True)


@pytest.fixture(scope="module", params=["unix", "qemu"])
def comparison(request, worker_id):
    comparison = Comparison(request.param, f"as_static-{worker_id}")
    yield comparison
    comparison.close()


def echo(at, size=3):
    """The peer sends a request to port 7 of the board's address and gets an answer."""
    with at.peer.udp() as client:
        client.sendto(bytes(size), (at.own, 7))
        at.ask("echo(server)")
        at.peer.receives(client)


def answers(at, sock):
    """The peer answers what it receives, and the board's socket receives the answer."""
    data, name = sock.recvfrom(4000)
    sock.sendto(data, name)
    at.record(at.peer.name, f"{len(data)} bytes answered")
    at.ask("sock.recvfrom(99)")


# UDP


@ON_TASK_TOO
@SERVERS
def test_a_udp_server(comparison, name):
    # R3927-2.6.1-a
    def script(at):
        at.run(f"server = udp({name}, 7)")
        echo(at)

    comparison.compare(script, each_address)


def test_a_udp_server_that_one_host_asks_at_all_addresses(comparison):
    comparison.compare(echo, each_address_twice, "server = udp('0.0.0.0', 7)", same_host=True)


def test_a_udp_server_that_answers_later(comparison):
    """Three hosts send requests, and the board answers them in another order."""

    def script(at):
        at.run("server = udp('0.0.0.0', 7); asked = []")
        clients = [peer.udp() for peer in at.peers]
        for peer, client in zip(at.peers, clients, strict=True):
            client.sendto(peer.name.encode(), (peer.own, 7))
            at.run("asked.append(server.recvfrom(16))")
        for i in (1, 2, 0):
            at.run(f"server.sendto(*asked[{i}])")
        for peer, client in zip(at.peers, clients, strict=True):
            peer.receives(client)
            client.close()

    comparison.compare(script, three_hosts)


def test_a_udp_server_that_is_asked_without_arp(comparison):
    """The address of an off-link host that is in no ARP entry may be forged, so the reply takes the usual
    route.
    """

    def script(at):
        at.run("server = udp('0.0.0.0', 7)")
        with at.peer.udp() as client:
            header = Ether(src=at.peer.mac, dst=at.board.mac)
            at.bench.wire.send(
                header / IP(src=at.peer.address, dst=at.own) / UDP(sport=PORT, dport=7) / b"ask"
            )
            at.ask("echo(server)")
            at.peer.receives(client)

    comparison.compare(script, each_address_on_link)


@ON_TASK_TOO
@SOCKETS
def test_a_udp_client(comparison, name, turns):
    def script(at):
        with at.peer.udp() as server:
            at.ask(f"sent(udp({name}), b'ask', peer)")
            answers(at, server)

    comparison.compare(script, turns)


@SOCKETS
def test_a_connected_udp_client(comparison, name, turns):
    def script(at):
        with at.peer.udp() as server:
            at.run(f"sock = udp({name}); sock.connect((peer, {PORT})); sock.send(b'ask')")
            answers(at, server)

    comparison.compare(script, turns)


# TCP


@ON_TASK_TOO
@SERVERS
def test_a_tcp_server(comparison, name):
    # R3927-1.9-h, R3927-2.6.1-a
    def script(at):
        at.run(f"server = listener({name}, 5000)")
        with at.peer.tcp() as client:
            if at.peer.connects(client, 5000):
                at.ask("accept(server)")
                client.send(b"ask")
                at.ask("connection.send(connection.recv(9))")
                at.peer.receives(client)
        at.ask("connection.recv(9)")

    comparison.compare(script, each_address)


@SOCKETS
def test_a_tcp_client(comparison, name, turns):
    # R3927-1.9-e
    def script(at):
        with at.peer.tcp(5000) as server:
            server.listen()
            at.run(f"connection = tcp({name}); connection.connect((peer, 5000)); connection.send(b'ask')")
            client, name_of_board = server.accept()
            at.record(at.peer.name, at.peer.name_of(name_of_board))
            with client:
                at.peer.receives(client)
                client.send(b"answer")
                at.ask("connection.recv(9)")
            at.ask("connection.recv(9)")

    comparison.compare(script, turns)


# ICMP


@ON_TASK_TOO
def test_a_closed_tcp_port(comparison):
    def script(at):
        with at.peer.tcp() as client:
            at.peer.connects(client, 9)

    comparison.compare(script, each_address)


@ON_TASK_TOO
def test_a_closed_udp_port(comparison):
    def script(at):
        with at.peer.udp() as client:
            client.connect((at.own, 9))
            client.send(b"ask")
            at.peer.receives(client)

    comparison.compare(script, each_address)


@ON_TASK_TOO
def test_ping(comparison):
    # R3927-2.6.1-a, X-45
    comparison.compare(lambda at: at.peer.pings(), each_address)


def test_ping_from_the_board(comparison):
    # R3927-2.6.2-a
    comparison.compare(lambda at: at.ask("ping(peer)"), new)


@pytest.mark.parametrize("to", ["255.255.255.255", "subnet", "224.0.0.1"])
def test_ping_to_a_broadcast_or_multicast_address(comparison, to):
    comparison.compare(lambda at: at.peer.pings(to=at.subnet if to == "subnet" else to), each_subnet)


@pytest.mark.parametrize("to", ["255.255.255.255", "subnet", "224.0.0.1"])
def test_a_broadcast_or_multicast_to_a_closed_udp_port(comparison, to):
    def script(at):
        with at.peer.udp() as client:
            client.sendto(b"ask", (at.subnet if to == "subnet" else to, 9))
            at.peer.receives_nothing(client)

    comparison.compare(script, each_subnet)


@pytest.mark.parametrize("sender", ["0.0.0.0", "own", "127.0.0.1", "255.255.255.255", "subnet", "224.0.0.1"])
def test_odd_senders(comparison, sender):
    def script(at):
        source = {"own": at.own, "subnet": at.subnet}.get(sender, sender)
        at.run("server = udp('0.0.0.0', 7)")
        header = Ether(src=ADVERSARY_MAC, dst=at.board.mac) / IP(src=source, dst=at.own)
        at.bench.wire.send(header / ICMP(id=1) / b"ping")
        at.bench.wire.send(header / UDP(sport=PORT, dport=9) / b"closed")
        at.bench.wire.send(header / UDP(sport=PORT, dport=7) / b"ask")
        at.fence()
        at.ask("is_silent(server)")

    comparison.compare(script, each_subnet)


# Fragments


def test_fragments_in_and_out(comparison):
    def script(at):
        at.run("server = udp('0.0.0.0', 7)")
        echo(at, LARGE)
        at.peer.pings(LARGE)

    comparison.compare(script, each_address)


@SOCKETS
def test_fragments_out(comparison, name, turns):
    def script(at):
        at.run(f"sock = udp({name})")
        with at.peer.udp() as server:
            for size in (1, LARGE):  # lwIP queues only one fragment while it asks for the MAC
                at.ask(f"sent(sock, bytes({size}), peer)")
                at.peer.receives(server)

    comparison.compare(script, turns)


# Multicast


@pytest.mark.parametrize(("name", "turns"), [("", shown), ("own, 0", each_subnet)], ids=["unbound", "bound"])
@pytest.mark.parametrize("to", ["255.255.255.255", GROUP])
def test_a_broadcast_or_multicast_is_sent(comparison, name, turns, to):
    comparison.compare(lambda at: at.ask(f"sent(udp({name}), b'all', {to!r})"), turns)


@ON_TASK_TOO
@pytest.mark.parametrize("name", ["'0.0.0.0'", "own"], ids=["unbound", "bound"])
def test_a_member_of_a_group(comparison, name):
    def script(at):
        at.run(f"sock = udp({name}, 9)")
        with at.peer.udp() as sender:
            for change in ("IP_ADD_MEMBERSHIP", "IP_DROP_MEMBERSHIP"):
                at.ask(f"sock.setsockopt(0, socket.{change}, packed({GROUP!r}, own))")
                sender.sendto(change.encode(), (GROUP, 9))
                at.fence()
                at.ask("is_silent(sock)")

    comparison.compare(script, each_subnet)


def test_a_member_with_any_address(comparison):
    def script(at):
        at.run("sock = udp('0.0.0.0', 9)")
        at.ask(f"sock.setsockopt(0, socket.IP_ADD_MEMBERSHIP, packed({GROUP!r}, '0.0.0.0'))")
        with at.peer.udp() as sender:
            sender.sendto(b"all", (GROUP, 9))
            at.fence()
            at.ask("is_silent(sock)")
        at.ask(f"sock.setsockopt(0, socket.IP_DROP_MEMBERSHIP, packed({GROUP!r}, '0.0.0.0'))")

    comparison.compare(script, shown)


# Broadcast


@ON_TASK_TOO
@pytest.mark.parametrize(
    ("name", "turns"), [("", new_to_prefix), ("own, 0", each_prefix)], ids=["unbound", "bound"]
)
def test_a_broadcast_to_the_prefix_is_sent(comparison, name, turns):
    # R3927-2.6.2-g, X-44
    comparison.compare(lambda at: at.ask(f"sent(udp({name}), b'all', {ALL!r})"), turns)


@ON_TASK_TOO
@SERVERS
@pytest.mark.parametrize("to", ["255.255.255.255", "subnet"])
def test_a_broadcast_is_received(comparison, name, to):
    def script(at):
        at.run(f"sock = udp({name}, 9)")
        with at.peer.udp() as sender:
            sender.sendto(b"all", (at.subnet if to == "subnet" else to, 9))
            at.fence()
            at.ask("is_silent(sock)")

    comparison.compare(script, each_subnet)


# To the board itself


@pytest.mark.parametrize(("name", "turns"), [("", shown), ("own, 0", link_local)], ids=["unbound", "bound"])
def test_to_itself(comparison, name, turns):
    #
    def script(at):
        at.run(f"server = udp('0.0.0.0', {PORT}); sock = udp({name})")
        for to in ("'127.0.0.1'", "own"):
            at.ask(f"sent(sock, b'self', {to})")
            at.ask("is_silent(server)")

    comparison.compare(script, turns)


# mDNS


def resolves(at, sock, to, tries=1):
    """The peer asks for the board's name. An answer by unicast is compared like any other frame."""
    question = DNSQR(qname=at.board.ask("network.hostname()") + ".local", qtype="A")
    sock.settimeout(WAIT)
    for _ in range(tries):
        sock.sendto(bytes(DNS(rd=0, qd=[question])), (to, MDNS))
        with contextlib.suppress(TimeoutError):
            data, name = sock.recvfrom(4000)
            if DNS(data).qr:
                return at.record(at.peer.name, f"{at.roles.dns(DNS(data))} from {at.peer.name_of(name)}")
    return at.record(at.peer.name, "no answer")


@pytest.mark.parametrize("port", [PORT, MDNS])
def test_mdns_asked_by_unicast(comparison, port):
    """The peer asks at the address that the interface shows, see "RFC 6762 section 11" in DIFFERENCES."""

    def script(at):
        with at.peer.udp(port=port) as sock:
            resolves(at, sock, at.own)

    comparison.compare(script, shown)


def test_mdns_asked_by_multicast(comparison):
    """First a one-shot query, which gets a unicast answer, and then a query from a responder's port."""

    def script(at):
        with at.peer.udp() as sock:
            resolves(at, sock, MDNS_GROUP)
        with at.peer.member(MDNS_GROUP, MDNS) as sock:
            resolves(at, sock, MDNS_GROUP, tries=5)  # at most one answer per second (RFC 6762 section 6)

    comparison.compare(script, shown)


# ARP


@pytest.mark.parametrize("to", ["broadcast", "unicast"])
def test_arp_requests(comparison, to):
    # R5227-2.6-a, R5227-2.6-b, R5227-1.2-a, R5227-2.5-b, R5227-2.5-c, R3927-2.5-h
    def script(at):
        for question in (request(at.peer.address, at.own), probe(at.own)):
            if to == "unicast":
                question.dst = at.board.mac
            at.bench.wire.send(question)
            at.fence()

    comparison.compare(script, each_subnet)


@pytest.mark.parametrize("how", ["announcement", "reply", "request"])
def test_a_peer_whose_mac_changes(comparison, how):
    # R5227-1.2-a
    def script(at):
        peer = at.peer.address
        news = {
            "announcement": announcement(peer),
            "reply": reply(peer, at.own, at.board.mac),
            "request": request(peer, at.own),
        }[how]
        with at.peer.udp() as server:
            at.ask("sent(udp(own, 0), b'before', peer)")
            at.peer.receives(server)
            at.bench.wire.send(news)
            at.fence()
            at.ask("sent(udp(own, 0), b'after', peer)")
            at.peer.receives_nothing(server)

    comparison.compare(script, each_subnet)


@pytest.mark.parametrize("comparison", ["unix"], indirect=True)
def test_a_stream_that_lasts_longer_than_an_arp_entry(comparison):
    """lwIP repeats the Request 30 s before the entry expires. An answer renews the entry."""
    # R3927-2.5-h

    def script(at):
        at.run("sock = udp(own, 0)")
        started = time.time()
        with at.peer.udp() as server:
            while time.time() < started + AGE + 3:
                at.ask(f"sock.sendto(b'!', (peer, {PORT}))")
                at.peer.receives(server)
                time.sleep(0.5)
        asked = at.bench.capture.select(is_arp("request", at.board.mac, tpa=at.peer.address), started)
        at.record("board", f"asked at least four times by ARP: {len(asked) >= 4}")

    comparison.compare(script, link_local, once=True)
