# SPDX-License-Identifier: MIT
"""What programs check before they connect again: isconnected(), status() and ifconfig() of the interface.

On esp32, and so on UNIX_TASK, isconnected() and status() follow ESP-IDF's events "disconnected" and "got IP".
A link-local address also raises "got IP".
"""

import time

import pytest
from scapy.layers.inet import ICMP, IP

from .routable import second_interface, set_static, wait_for_lease

C = "169.254.20.20"
ANY = "0.0.0.0"
FAR = "10.9.9.9"  # behind the router
MOMENT = 2  # s: the service polls the interface twice, and IDF's events are over
SEEN = "(nic.isconnected(), nic.ifconfig()[0])"

pytestmark = pytest.mark.threaded


@pytest.fixture
def board(bench):
    return bench.board()


def seen_while_disconnected(board):
    board.until("not nic.isconnected()")
    board.run(f"seen = set(); until(lambda: seen.add({SEEN}), {MOMENT * 1000})")
    return {tuple(each) for each in board.ask("list(seen)")}


def test_isconnected_is_true_after_a_claim(board):
    assert not board.ask("nic.isconnected()")
    board.claim(delay=200, ip=C)
    board.until("nic.isconnected()")
    assert board.ask("nic.ifconfig()[:2]") == [C, "255.255.0.0"]


@pytest.mark.parametrize("how", ["cable", "active"])
def test_isconnected_is_false_without_a_link(board, how):
    board.claim(delay=200, ip=C)
    board.until("nic.isconnected()")
    if how == "cable":
        board.set_link(False)
    else:
        board.run("nic.active(False)")
    assert seen_while_disconnected(board) == {(False, ANY)}


@pytest.mark.parametrize("addition", ["a lease", "a static address"])
def test_isconnected_is_false_without_a_link_even_with_a_routable_address(board, server, addition):
    """Without esp_netif, the routable address stays on the interface."""
    if addition == "a lease":
        server.start()
        wait_for_lease(board)
    else:
        set_static(board)
    board.claim(delay=200, ip=C)
    board.set_link(False)
    board.expect("suspended")
    seen = seen_while_disconnected(board)
    assert {each[0] for each in seen} == {False} and C not in {each[1] for each in seen}


@pytest.mark.not_on_espressif("status() returns other numbers")
def test_a_flap_disconnects_once_and_connects_once(board):
    """ESP-IDF raises no "got IP" before the interface has a new address."""
    board.claim(delay=200, ip=C)
    board.until("nic.isconnected()")
    board.run("states = []\ndef note():\n if states[-1:] != [nic.status()]: states.append(nic.status())\n")
    board.set_link(False)
    board.run(f"until(note, {MOMENT * 1000})")
    board.set_link(True)
    board.run("until(lambda: note() or nic.isconnected(), PATIENCE * 1000)")
    board.run(f"until(note, {MOMENT * 1000})")
    states = board.ask("states")
    assert states[-3:] == [1, 2, 3] and states[:-3] in ([], [3])


@pytest.mark.parametrize("dhcp", [True, False], ids=["DHCP", "no DHCP"])
def test_no_address_is_shown_before_it_is_claimed_again(board, dhcp):
    """RFC 3927 2.2. Without DHCP, ESP-IDF sets the last address on an interface that comes up."""
    # R3927-2.2-b
    board.run(f"nic.ipconfig(dhcp4={dhcp})")
    board.claim(delay=1000, ip=C)
    board.until("nic.isconnected()")
    board.set_link(False)
    board.expect("suspended")
    board.set_link(True)
    board.run("seen = []")
    board.run("until(lambda: seen.append(nic.ifconfig()[0]) or svc.address, PATIENCE * 1000)")
    assert set(board.ask("seen[:-1]")) == {ANY}


def test_a_stopped_service_leaves_no_address(board):
    board.claim(delay=200, ip=C)
    board.until("nic.isconnected()")
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == ANY
    board.set_link(False)
    board.until("not nic.isconnected()")


@pytest.mark.parametrize("first", ["uplink", "link-local"])
def test_an_uplink_stays_the_default_route(two_wires_of_task, first):
    """In ESP-IDF 5.4 and later, a station is the default interface as soon as it has an address.

    For UNIX_TASK's esp_netif, nic is a station and nic2 is Ethernet.
    """
    bench = two_wires_of_task
    router = bench.wire.add_host("10.0.0.1/24", "br1")
    board = bench.board()

    def uplink():
        second_interface(bench, board)
        board.run("nic2.ifconfig(('10.0.0.99', '255.255.255.0', '10.0.0.1', '0.0.0.0'))")
        board.until("nic2.isconnected()")

    def claim():
        board.run("nic.ipconfig(dhcp4=False)")
        board.claim(delay=200, ip=C)
        board.until("nic.isconnected()")

    for step in (uplink, claim) if first == "uplink" else (claim, uplink):
        step()
    time.sleep(MOMENT)
    board.run(f"ping({FAR!r}, 0.1)")
    sent = bench.captures[1].wait_for(lambda f: ICMP in f.packet and f.packet[IP].dst == FAR)
    assert (sent.packet[IP].src, sent.packet.dst) == ("10.0.0.99", router.mac)
