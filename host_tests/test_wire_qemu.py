"""The emulated Cortex-M board: first light, an attack, a lease and a soft reset, as on UNIX_TAP."""

import time

from wire.frames import THIEF, announcement, is_arp, probe

pytest_plugins = "wire.fixtures"

C = "169.254.20.20"
X = "169.254.7.9"


def test_a_board_claims_an_address_and_is_reached(bench):
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    assert board.claim(delay=200, ip=C) == C
    assert len(bench.capture.probes_of(board.mac)) == 3
    assert host.ping(C, count=3)
    assert board.ask(f"ping({X!r})")


def test_two_boards_find_two_addresses(bench):
    boards = [bench.board() for _ in range(2)]
    for board in boards:
        board.start(delay=200, ip=C)
    one, two = (board.expect("bound")["address"] for board in boards)
    assert one != two
    assert boards[0].ask(f"ping({two!r})") and boards[1].ask(f"ping({one!r})")


def test_a_denied_address_is_left(bench):
    board = bench.board()
    board.start(delay=200, ip=C)
    bench.capture.wait_for(is_arp("probe", board.mac, tpa=C))
    bench.wire.send(probe(C))
    assert board.expect("bound")["address"] != C


def test_defence_and_move(bench):
    board = bench.board()
    board.claim(delay=200, ip=C)
    time.sleep(2.5)  # until the second announcement is out
    sent = bench.wire.send(announcement(C))
    bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    assert board.address == C
    bench.wire.send(announcement(C))
    assert board.expect("lost")["address"] is None
    assert board.expect("bound")["address"] != C
    assert board.ask("svc.offender.hex(':')") == THIEF


def test_a_lease_beside_the_link_local_address(bench):
    server = bench.dhcp()
    server.host.run("ip", "addr", "add", f"{X}/16", "dev", "eth0")
    board = bench.board()
    board.claim(delay=200, ip=C)
    server.start()
    board.run("nic.ipconfig(dhcp4=True)")
    deadline = time.monotonic() + 20
    while not board.ask("nic.ipconfig('has_dhcp4')"):
        assert time.monotonic() < deadline
    lease = board.ask("nic.ifconfig()[0]")
    assert server.host.ping(C, count=2) and server.host.ping(lease, count=2)
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == lease
    assert not server.host.ping(C)


def test_cable_out_and_in(bench):
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.set_link(False)
    assert board.expect("lost")["address"] is None
    board.set_link(True)
    assert board.expect("bound")["address"] == C
