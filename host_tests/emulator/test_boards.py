# SPDX-License-Identifier: MIT
"""The firmware of real boards in the emulator: the main tests of UNIX_TAP, and tests of the ports."""

import pytest
from wire.board import BoardError
from wire.frames import ADVERSARY_MAC, announcement, is_arp, probe

C = "169.254.20.20"
X = "169.254.7.9"
STATIC = "10.0.0.99"

BOOT = """\
import network
import autoip

nic = getattr(network, "WIZNET5K", getattr(network, "WLAN", None))()
nic.active(True)
if hasattr(nic, "connect"):
    nic.connect("wire")
autoip.start(nic)
"""


def test_the_board_claims_an_address(bench):
    # R3927-2.2-a, R3927-2.4-a
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    assert board.claim(delay=200, ip=C) == C
    assert len(bench.capture.probes_of(board.mac)) == 3
    board.wait_until(lambda: host.ping(C, count=3))
    assert board.ask(f"ping({X!r})")
    assert board.ask("nic.isconnected()") and board.ask("nic.ifconfig()[0]") == C
    board.run("svc.stop()")
    assert not board.ask("nic.isconnected()") and board.ask("nic.ifconfig()[0]") == "0.0.0.0"
    assert host.gets_no_answer(C)


def test_defence_and_move(bench):
    # R3927-2.5-d, R3927-2.5-e, R5227-2.4-d, R5227-2.4-e
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.sleep(2.5)  # until the second announcement has been sent
    sent = bench.wire.send(announcement(C))
    bench.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    assert board.address == C
    bench.wire.send(announcement(C))
    assert board.expect("lost")["address"] is None
    assert board.expect("bound")["address"] != C
    assert board.ask("svc.offender.hex(':')") == ADVERSARY_MAC


def test_a_denied_address_is_not_used(bench):
    # R3927-2.2.1-h
    board = bench.board()
    board.start(delay=1000, ip=C)
    bench.wait_for(is_arp("probe", board.mac, tpa=C))
    bench.wire.send(probe(C))
    assert board.expect("bound")["address"] != C


def test_a_static_address_in_addition_to_the_link_local_one(bench):
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    host.run("ip", "addr", "add", "10.0.0.1/24", "dev", "eth0")
    board.claim(delay=200, ip=C)
    board.run(f"nic.ifconfig(({STATIC!r}, '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
    board.wait_until(lambda: host.ping(C, count=2) and host.ping(STATIC, count=2))
    assert board.ask("nic.ifconfig()[0]") == STATIC and board.address == C
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == STATIC
    board.wait_until(lambda: host.ping(STATIC))
    assert host.gets_no_answer(C)


def test_a_lease_in_addition_to_the_link_local_address(bench):
    # R3927-1.9-c
    server = bench.dhcp()
    server.host.run("ip", "addr", "add", f"{X}/16", "dev", "eth0")
    board = bench.board()
    board.claim(delay=200, ip=C)
    with server.host.socket("stream") as listener:
        listener.bind((X, 7))
        listener.listen()
        listener.settimeout(300)
        board.run(f"sock = socket.socket(); sock.connect(({X!r}, 7))")
        peer = listener.accept()[0]
        server.start()
        board.wait_until(lambda: board.ask("nic.ipconfig('has_dhcp4')"), 120)
        lease = board.ask("nic.ifconfig()[0]")
        board.wait_until(lambda: server.host.ping(C, count=2) and server.host.ping(lease, count=2))
        with peer:
            peer.settimeout(300)
            board.run("sock.send(b'still here'); sock.close()")
            assert peer.recv(100) == b"still here"
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == lease
    assert not server.host.ping(C)


def test_a_bound_socket_sends_on_the_interface_of_its_address(bench):
    """The firmware uses lwIP's hook LWIP_HOOK_IP4_ROUTE_SRC, which selects an interface by source address."""
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    host.run("ip", "route", "add", "10.0.0.0/24", "dev", "eth0")
    board.claim(delay=200, ip=C)
    board.run(f"nic.ifconfig(({STATIC!r}, '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
    with host.socket("datagram") as receiver:
        receiver.bind((X, 9))
        receiver.settimeout(300)
        for source in (C, STATIC):
            board.run("sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            board.run(f"sock.bind(({source!r}, 0)); sock.sendto(b'from me', ({X!r}, 9)); sock.close()")
            assert receiver.recvfrom(100)[1][0] == source


def test_cable_unplugged_and_plugged_in_again(bench):
    """RFC 3927 2.2: the board does not use the address until it has probed the address again. For a Pico W,
    the access point is turned off and on.
    """
    # R3927-2.2-c, R5227-2.1-b
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    for _ in range(3):
        board.sleep(3)
        out = board.now()
        board.set_link(False)
        assert board.expect("suspended", 3)["address"] is None
        assert board.ask("nic.ifconfig()[0]") == "0.0.0.0"
        board.sleep(out + 3 - board.now())
        plugged = bench.capture.since()[-1].time
        board.set_link(True)
        assert board.expect("bound")["address"] == C
        assert len(bench.capture.probes_of(board.mac, after=plugged)) == 3
        board.wait_until(lambda: host.ping(C, count=2))


def test_another_host_has_the_address_when_the_cable_is_back(bench):
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.set_link(False)
    board.expect("suspended")
    bench.wire.add_host(f"{C}/16")
    board.set_link(True)
    assert board.expect("bound", 30)["address"] != C


@pytest.mark.parametrize("end", ["active(False)", "deinit()"])
def test_activated_again(bench, end):
    """The driver creates a new lwIP interface. autoip must handle it like the first interface."""
    board = bench.board()
    if not board.ask(f"hasattr(nic, {end.split('(')[0]!r})"):
        pytest.skip(f"this interface has no method {end}")
    if (
        bench.kind == "RPI_PICO_W"
        and end == "active(False)"
        and board.ask("sys.implementation.version") < [1, 28]
    ):
        pytest.skip("before 1.28, active(False) does not deactivate the station")
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run(f"nic.{end}")
    assert board.expect("suspended")["address"] is None
    assert host.gets_no_answer(C)
    board.run("nic.active(True)")
    board.run("hasattr(nic, 'connect') and nic.connect('wire')")
    assert board.expect("bound")["address"] == C
    board.wait_until(lambda: host.ping(C, count=2))
    bench.wire.send(announcement(C))
    assert board.expect("conflict")


def test_the_interface_must_be_active(bench):
    board = bench.board()
    board.run("nic.active(False)")
    board.run("hasattr(nic, 'deinit') and nic.deinit()")
    for nic in ("None", "nic", "'w0'", "'e0'"):
        with pytest.raises(BoardError, match="OSError: 19"):
            board.run(f"autoip.start({nic})")


def test_boot_py(bench):
    """After a soft reset, boot.py starts a service again. The interface has no address until the service has
    claimed one.
    """
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run(f"with open('boot.py', 'w') as file: file.write({BOOT!r})")
    for _ in range(2):
        board.soft_reset()
        board.run("svc = autoip.get(nic)")
        assert (
            board.ask("svc.state") in ("probing", "waiting") and board.ask("nic.ifconfig()[0]") == "0.0.0.0"
        )
        assert host.gets_no_answer(C)
        board.wait_until(lambda: board.address)
        board.wait_until(lambda: host.ping(board.address, count=2))


def test_no_heap_in_steady_state(bench):
    """The heap is locked, so each allocation raises MemoryError. autoip claims an address, defends it and
    moves to another address without an allocation.
    """
    #
    board = bench.board()
    board.run("import gc, micropython, time; before = after = 0")
    board.run("svc = autoip.start(nic, ip=%r, delay=200)" % C)
    locked = (
        "gc.collect(); before = gc.mem_alloc(); micropython.heap_lock(); time.sleep_ms(8000); "
        "micropython.heap_unlock(); after = gc.mem_alloc()"
    )
    board.begin(locked)
    bench.wait_for(is_arp("announcement", board.mac, spa=C), timeout=20)
    board.sleep(2.5)
    bench.wire.send(announcement(C))
    board.sleep(0.5)
    bench.wire.send(announcement(C))
    board.finish(60)
    stats = board.ask("svc.stats()")
    assert (stats["conflicts"], stats["defences"], stats["moves"]) == (2, 1, 1)
    assert board.address not in (None, C)
    assert board.ask("after - before") == 0
