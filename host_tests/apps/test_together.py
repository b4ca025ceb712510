# SPDX-License-Identifier: MIT
"""Boards talk to each other by name, and mpremote works while a board defends its address."""

import hashlib
import threading

import pytest
from wire.frames import announcement, is_arp
from wire.routable import PEER

SERVE = """
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.settimeout(PATIENCE)
server.bind(("0.0.0.0", 7))
"""
ASK = """
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(PATIENCE)
client.sendto(b"hello", socket.getaddrinfo("lamp.local", 7)[0][-1])
"""
START = """
import autoip, network
nic = network.LAN()
nic.active(True)
svc = autoip.start(nic, delay=200)
print(svc.wait(50000))
"""


def test_a_board_looks_up_another_board_by_its_name(bench):
    """lwIP looks up the name with mDNS. The board's request and the reply to it are unicast."""
    lamp, switch = bench.board(), bench.board()
    lamp.run("network.hostname('lamp'); nic.active(False); nic.active(True)")
    addresses = [board.claim(delay=200) for board in (lamp, switch)]
    lamp.run(SERVE)
    switch.run(ASK)
    lamp.run("data, peer = server.recvfrom(16); server.sendto(data, peer)")
    assert lamp.ask("peer[0]") == addresses[1]
    assert switch.ask("client.recvfrom(16)") == ["hello", [addresses[0], 7]]


@pytest.mark.only("qemu", "UNIX_TAP is a program, and has no serial port")
def test_mpremote_copies_a_file_while_the_address_is_defended(bench, tmp_path):
    board = bench.repl()
    host = bench.wire.add_host(f"{PEER}/16")
    address = board.mpremote("exec", START)
    file = tmp_path / "file.bin"
    file.write_bytes(hashlib.shake_128(b"file").digest(30_000))
    copying = threading.Thread(target=board.mpremote, args=("resume", "fs", "cp", file, ":file.bin"))
    copying.start()
    claimed = bench.wire.send(announcement(address))
    bench.capture.wait_for(is_arp("announcement", board.mac), after=claimed)
    pings = 0
    while copying.is_alive():
        assert host.ping(address)
        pings += 1
    copying.join()
    assert pings
    digest = board.mpremote("resume", "fs", "sha256sum", ":file.bin").split()[-1]
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert board.mpremote("resume", "exec", "print(svc.address)") == address
