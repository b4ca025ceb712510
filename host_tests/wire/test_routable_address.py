# SPDX-License-Identifier: MIT
"""Routable addresses that are set, replaced, removed or not confirmed: svc.routable, wait() and `old`."""

import time

import pytest

from .board import BoardError
from .dhcp import ScriptedServer
from .routable import PEER, STATIC, Connection, answers, ask_for_lease, set_static, wait_for_lease
from .waiting import PATIENCE, SOON

C = "169.254.20.20"
OTHER = "169.254.9.9"
ANY = "0.0.0.0"
INFINITE = 0xFFFFFFFF  # RFC 2131 3.3: the lease time in s of a lease that never expires


@pytest.fixture
def idle(bench, server):
    """A board with `old` that gave up the link-local address because of a static address."""
    board = bench.board()
    board.claim(delay=200, ip=C, old=True)
    set_static(board)
    board.until("svc.state == 'idle'", PATIENCE)
    assert board.ask("(svc.wait(), svc.routable)") == [STATIC, STATIC]
    return board


def set_and_wait(board, address):
    """Set an address by hand. Returns what svc.routable and wait() return right after this."""
    board.run(
        f"nic.ifconfig(('{address}', '255.255.0.0', '{PEER}', '{PEER}'))\n"
        "first = svc.routable; waited = svc.wait(PATIENCE * 1000)"
    )
    return board.ask("(first, waited)")


@pytest.mark.threaded
def test_wait_returns_no_address_that_was_removed_by_hand(idle):
    assert set_and_wait(idle, ANY) == [None, C]
    assert idle.ask("svc.routable") is None


@pytest.mark.threaded
def test_a_link_local_address_that_replaces_a_static_one_is_not_routable(bench, idle):
    """RFC 3927 1.6."""
    # R3927-1.6-a
    bench.by_hand.add(OTHER)
    assert set_and_wait(idle, OTHER) == [None, C]
    assert idle.ask("svc.routable") is None


def test_wait_returns_the_static_address_that_replaces_another(idle):
    assert set_and_wait(idle, "10.0.0.98") == [None, "10.0.0.98"]
    assert idle.ask("(svc.state, svc.routable)") == ["idle", "10.0.0.98"]


@pytest.mark.threaded
def test_a_service_that_was_started_by_a_name_has_a_routable_address(bench, server):
    board = bench.board()
    set_static(board)
    board.run("svc = start(network_name, old=True)".replace("network_name", "autoip._autoip.name(nic)"))
    assert board.ask("svc.wait(PATIENCE * 1000)") == STATIC
    assert board.ask("svc.routable") == STATIC


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_old_and_a_lease_after_the_start_that_no_server_confirms(bench, server):
    board = bench.board()
    board.claim(delay=200, ip=C, old=True)
    server.start()
    lease = ask_for_lease(board)
    board.until("svc.state == 'idle'", PATIENCE)
    server.stop()
    board.flap()
    assert board.expect("bound")["address"] == C
    assert board.ask("nic.ifconfig()[0]") == lease
    assert board.ask("(svc.routable, svc.wait())") == [None, C]
    server.start()
    ask_for_lease(board)
    board.until("svc.state == 'idle'", PATIENCE)
    answers(board, server, lease)


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_old_and_a_lease_from_before_the_start_that_never_expires(bench, server):
    """lwIP stores no duration for such a lease, so autoip detects the lease only when the link is lost."""
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    ScriptedServer(bench, board, seconds=INFINITE).lease()
    lease = wait_for_lease(board)
    board.start(delay=200, ip=C, old=True)
    board.until("svc.state == 'idle'", PATIENCE)
    board.flap()
    assert board.expect("bound")["address"] == C
    assert board.ask("nic.ifconfig()[0]") == lease


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_a_lease_counts_while_a_server_is_asked_to_confirm_it(bench, server):
    server.start()
    board = bench.board()
    wait_for_lease(board)
    board.start(delay=200, ip=C, old=True)
    board.until("svc.state == 'idle'", PATIENCE)
    server.stop()
    board.flap()
    board.expect("bound")
    words = board.ask("[entry[1] for entry in svc.log()]")
    after = words[len(words) - words[::-1].index("down") :]
    assert "routable" in after and after.index("routable") < after.index("probe")


@pytest.mark.not_on_espressif("ESP-IDF forgets a lease when the link is lost")
def test_a_former_lease_that_is_set_by_hand_is_routable(bench, server):
    server.start()
    board = bench.board()
    lease = wait_for_lease(board)
    board.start(delay=200, ip=C, old=True)
    board.until("svc.state == 'idle'", PATIENCE)
    set_static(board, lease)
    server.stop()
    board.flap()
    board.until("linked() and svc.routable", PATIENCE)
    time.sleep(SOON)
    assert board.ask("(svc.state, svc.wait())") == ["idle", lease]


@pytest.mark.not_on_espressif("there the lease stays when the address is removed by hand")
def test_the_address_is_not_shown_while_dhcp_holds_a_lease(bench, server):
    """Otherwise DHCP would release the link-local address."""
    server.start()
    board = bench.board()
    wait_for_lease(board)
    board.claim(delay=200, ip=C)
    board.run("nic.ipconfig(addr4=('0.0.0.0', '0.0.0.0'))")
    time.sleep(SOON)
    assert board.ask(f"({board.LEASED}, nic.ifconfig()[0], svc.address)") == [True, ANY, C]


def test_a_removed_interface_ends_the_connections_of_its_address(bench, server):
    """As with a static address."""
    board = bench.board()
    board.run("nic.ipconfig(dhcp4=False)")
    board.claim(delay=200, ip=C)
    assert Connection(server.host, board, C).works()
    board.run("nic.active(False)")
    with pytest.raises(BoardError, match=r"103|104"):  # aborted, or reset
        board.run("connection.recv(1)")
