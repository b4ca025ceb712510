# SPDX-License-Identifier: MIT
"""Traffic on the test wire from and to a link-local address, with real peers."""

import time
from concurrent.futures import ThreadPoolExecutor

from .frames import ADVERSARY_MAC, BROADCAST, announcement, is_arp, request
from .waiting import QUIET, wait_until

C = "169.254.20.20"
X = "169.254.7.9"


def test_boards_and_a_host_reach_each_other(bench):
    # R5227-1.2.1-a
    boards = [bench.board() for _ in range(2)]
    host = bench.wire.add_host(f"{X}/16")
    one, two = (board.claim(delay=200) for board in boards)
    assert host.ping(one, count=3) and host.ping(two, count=3)
    assert boards[0].ask(f"[ping({two!r}), ping({X!r})]") == [True, True]
    assert boards[1].ask(f"[ping({one!r}), ping({X!r})]") == [True, True]


def test_udp_both_ways(bench):
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.bind(('0.0.0.0', 7))")
    with host.socket("datagram") as client:
        client.sendto(b"there", (C, 7))
        board.run("data, peer = udp.recvfrom(99); udp.sendto(data + b' and back', peer)")
        assert client.recvfrom(99) == (b"there and back", (C, 7))


def test_replies_are_broadcast(bench):
    """R5227-2.5-b, R3927-2.5-h, B32: the board also broadcasts its Reply to a unicast Request."""
    board = bench.board()
    board.claim(delay=200, ip=C)
    for to in (BROADCAST, board.mac):
        sent = bench.wire.send(request(X, C, to=to))
        answer = bench.capture.wait_for(is_arp("reply", board.mac), after=sent)
        assert (answer.packet.dst, answer.arp.hwdst, answer.arp.pdst) == (BROADCAST, ADVERSARY_MAC, X)


def test_requests_for_other_addresses_are_not_answered(bench):
    # R3927-2.7-b
    board = bench.board()
    board.claim(delay=200, ip=C)
    sent = time.time()
    for other in (
        "169.254.20.21",
        "169.254.21.20",
        "169.254.255.255",
        "169.254.0.0",
        "0.0.0.0",
        "10.254.20.20",
    ):
        bench.wire.send(request(X, other))
    time.sleep(QUIET)
    assert not bench.capture.arps_of(board.mac, "reply", sent)


def test_arp_asks_for_an_off_link_destination_directly(bench):
    """R3927-2.6.2-e, BCT-III.1, B31: the board and a host on the link with the address 17.2.3.4 can ping each
    other.
    """
    board = bench.board()
    host = bench.wire.add_host("17.2.3.4/32")
    host.run("ip", "route", "add", "169.254.0.0/16", "dev", "eth0")
    board.claim(delay=200, ip=C)
    assert board.ask("ping('17.2.3.4')")
    assert bench.capture.select(is_arp("request", board.mac, spa=C, tpa="17.2.3.4"))
    assert host.ping(C)


def test_nothing_goes_to_a_router(bench):
    """R3927-2.6.2-f: the interface has a gateway, which is not used."""
    board = bench.board()
    bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run(f"nic.ipconfig(gw4={X!r})")
    assert board.ask("nic.ifconfig()[2]") == X
    assert not board.ask("ping('8.8.8.8', 1)")
    assert bench.capture.select(is_arp("request", board.mac, spa=C, tpa="8.8.8.8"))
    assert not bench.capture.select(is_arp("request", board.mac, tpa=X))


def test_the_broadcast_address_of_the_prefix(bench):
    """R3927-2.6.2-g, X-44: the board sends a packet to 169.254.255.255 as an Ethernet broadcast, and sends no
    ARP Request for this address.
    """
    board = bench.board()
    board.claim(delay=200, ip=C)
    sent = time.time()
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run("udp.setsockopt(socket.SOL_SOCKET, 32, 1)")
    board.run("udp.sendto(b'all', ('169.254.255.255', 9))")
    frame = bench.capture.wait_for(lambda f: f.kind == "UDP" and f.packet["UDP"].dport == 9, after=sent)
    assert (frame.packet.dst, frame.packet["IP"].src) == (BROADCAST, C)
    assert not bench.capture.select(is_arp("request", board.mac), sent)


def test_avahi_autoipd_on_the_same_wire(bench):
    """avahi-autoipd and one board start with the same address at the same time. Another board starts later
    with the address that avahi-autoipd has claimed, and selects another address.
    """
    # R5227-2.2-a
    avahi = bench.avahi(start=C)
    early = bench.board()
    early.start(ip=C)
    early.expect("bound")
    taken = avahi.wait()
    late = bench.board()
    late.claim(delay=200, ip=taken)
    assert len({taken, early.address, late.address}) == 3
    assert late.ask(f"[ping({taken!r}), ping({early.address!r})]") == [True, True]


def test_packets_follow_a_new_mac_of_the_peer(bench):
    """The peer's announcement updates the alias's ARP entry for the peer, because the board sends to the
    peer from the alias (see docs/design.md).
    """
    # R5227-1.2-a
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    assert board.ask(f"ping({X!r})")
    assert ADVERSARY_MAC != host.mac
    bench.wire.send(announcement(X, mac=ADVERSARY_MAC))

    def pings_the_new_mac():
        sent = time.time()
        board.ask(f"ping({X!r}, 1)")
        ping = bench.capture.wait_for(lambda f: f.kind == "ICMP" and f.source == board.mac, after=sent)
        return ping.packet.dst == ADVERSARY_MAC

    wait_until(pings_the_new_mac, "it pings the former MAC")


def test_the_network_works_while_python_never_sleeps(bench):
    """Frames, lwIP's timers, the claim and the defence work although the program never sleeps."""
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.run(f"svc = start(nic, delay=200, ip={C!r})\nwhile not svc.address: pass")
    with ThreadPoolExecutor() as pool:
        busy = pool.submit(board.run, "while svc.stats()['conflicts'] < 3: pass")
        assert host.ping(C, count=5)
        for expected in ("defended", "lost"):
            bench.wire.send(announcement(C))
            board.expect(expected)
        moved = board.expect("bound")["address"]
        assert moved != C and host.ping(moved)
        assert not busy.done()
        bench.wire.send(announcement(moved))
        busy.result()


def test_asyncio_serves_while_it_does_other_things(bench):
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run(
        "import asyncio\n"
        "ticks, done = 0, asyncio.Event()\n"
        "async def tick():\n"
        "    global ticks\n"
        "    while True:\n"
        "        ticks += 1\n"
        "        await asyncio.sleep_ms(10)\n"
        "async def echo(reader, writer):\n"
        "    writer.write(await reader.readline())\n"
        "    await writer.drain()\n"
        "    writer.close()\n"
        "    await writer.wait_closed()\n"
        "    done.set()\n"
        "async def main():\n"
        "    task = asyncio.create_task(tick())\n"
        "    server = await asyncio.start_server(echo, '0.0.0.0', 5000)\n"
        "    on_event('serving', svc)\n"
        "    await asyncio.wait_for(done.wait(), PATIENCE)\n"
        "    server.close()\n"
        "    await server.wait_closed()\n"
    )
    with ThreadPoolExecutor() as pool, host.socket("stream") as client:
        serving = pool.submit(board.run, "asyncio.run(main())")
        board.expect("serving")
        client.connect((C, 5000))
        time.sleep(1)
        client.send(b"echo\n")
        assert client.recv(16) == b"echo\n"
        serving.result()
    assert board.ask("ticks") >= 5
