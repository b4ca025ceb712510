# SPDX-License-Identifier: MIT
"""A board with two interfaces, on separate wires and on one wire."""

import errno
import time

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from .board import BoardError
from .frames import ADVERSARY_MAC, announcement, request
from .routable import second_interface
from .waiting import PATIENCE, QUIET

C = "169.254.20.20"
X = "169.254.7.9"


def claim_both(board):
    """Both services start with one address (RFC 3927 3.4)."""
    board.run(f"svc = start(nic, ip={C!r}, delay=200); svc2 = start(nic2, ip={C!r}, delay=200)")
    both = board.ask("[svc.wait(PATIENCE * 1000), svc2.wait(PATIENCE * 1000)]")
    assert C in both and both[0] != both[1]
    return both


def test_each_interface_has_its_service_and_answers_on_its_own_wire(two_wires):
    # R3927-3.4-a, B36
    board = two_wires.board()
    mac = second_interface(two_wires, board)
    one, two = claim_both(board)
    hosts = {bridge: two_wires.wire.add_host(f"{X}/16", bridge) for bridge in ("br0", "br1")}
    assert hosts["br0"].ping(one) and hosts["br1"].ping(two)
    assert hosts["br0"].gets_no_answer(two) and hosts["br1"].gets_no_answer(one)

    # An interface does not accept packets for the address of the other one.
    sent = two_wires.wire.send(Ether(src=ADVERSARY_MAC, dst=mac) / IP(src=X, dst=one) / ICMP(), "br1")
    two_wires.wire.send(request(X, one), "br1")
    time.sleep(QUIET)
    frames = [frame for capture in two_wires.captures for frame in capture.since(sent)]
    assert not [f for f in frames if f.source in board.macs and f.kind in ("reply", "ICMP")]

    # A conflict on one wire does not affect the other.
    two_wires.wire.send(announcement(one), "br1")
    two_wires.wire.send(announcement(two), "br1")
    board.until("svc2.stats()['conflicts']", PATIENCE)
    time.sleep(QUIET)
    assert board.ask("[svc.stats()['conflicts'], svc2.stats()['conflicts']]") == [0, 1]
    board.run("svc2.stop()")
    assert hosts["br0"].ping(one) and hosts["br1"].gets_no_answer(two)
    assert board.ask("[svc.address, svc2.address, autoip.get(nic) is svc, autoip.get(nic2)]") == [
        one,
        None,
        True,
        None,
    ]


@pytest.mark.only("unix", "QEMU_MPS2 has one interface")
def test_as_many_services_as_there_are_slots(bench):
    """AUTOIP_LINKS is 3 in the sanitized build. A slot that is free again can be used again."""
    board = bench.board()
    nics = ["nic"]
    for number in range(3):
        tap, mac = bench.wire.add_tap(), f"28:cd:c1:00:02:0{number}"
        board.macs.append(mac)
        board.run(f"nic{number} = network.LAN({tap!r}, mac=bytes.fromhex({mac.replace(':', '')!r}))")
        board.run(f"nic{number}.active(True)")
        nics.append(f"nic{number}")
    board.run(f"services = [start(each, delay=200) for each in ({', '.join(nics[:3])})]")
    addresses = board.ask("[each.wait(PATIENCE * 1000) for each in services]")
    host = bench.wire.add_host(f"{X}/16")
    assert len(set(addresses)) == 3 and all(host.ping(address) for address in addresses)
    with pytest.raises(BoardError, match=f"OSError: {errno.ENOMEM}"):
        board.run(f"start({nics[3]}, delay=200)")
    board.run(f"services[1].stop(); svc = start({nics[3]}, delay=200)")
    assert host.ping(board.ask("svc.wait(PATIENCE * 1000)"))
    assert host.gets_no_answer(addresses[1]) and host.ping(addresses[0]) and host.ping(addresses[2])


@pytest.mark.only("unix", "QEMU_MPS2 has one interface")
def test_two_interfaces_on_one_wire_hold_two_addresses(bench):
    """R3927-3.4-b, B04, X-07: frames of the other interface are not a conflict."""
    board = bench.board()
    second_interface(bench, board, "br0")
    both = claim_both(board)
    host = bench.wire.add_host(f"{X}/16")
    assert all(host.ping(address) for address in both)
    assert board.ask("[svc.stats()['conflicts'], svc2.stats()['conflicts']]") == [0, 0]


@pytest.mark.parametrize("bridge", ["br0", "br1"])
def test_tcp_replies_leave_by_the_requested_interface(two_wires, bridge):
    # R3927-3.2-a
    board = two_wires.board()
    second_interface(two_wires, board)
    address = dict(zip(("br0", "br1"), claim_both(board), strict=True))[bridge]
    host = two_wires.wire.add_host(f"{X}/16", bridge)
    board.run("server = socket.socket(); server.bind(('0.0.0.0', 5000)); server.listen(1)")
    with host.socket("stream") as client:
        client.connect((address, 5000))
        board.run("connection = server.accept()[0]; connection.settimeout(PATIENCE)")
        client.send(b"?")
        board.run("connection.send(connection.recv(1))")
        assert client.recv(1) == b"?"


def test_udp_replies_leave_by_the_requested_interface(two_wires):
    """A server on 0.0.0.0. lwIP itself would send via the alias that was created last."""
    # R3927-3.2-a
    board = two_wires.board()
    second_interface(two_wires, board)
    addresses = claim_both(board)
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run("udp.bind(('0.0.0.0', 7)); udp.settimeout(PATIENCE)")
    for bridge, address, peer in zip(("br0", "br1"), addresses, (X, "169.254.7.10"), strict=True):
        host = two_wires.wire.add_host(f"{peer}/16", bridge)
        with host.socket("datagram") as sock:
            sock.connect((address, 7))
            sock.send(b"?")
            board.run("udp.sendto(*udp.recvfrom(16))")
            assert sock.recv(16) == b"?"
