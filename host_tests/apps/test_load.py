# SPDX-License-Identifier: MIT
"""A board under load works at a link-local address as at a static one, and frees memory and sockets."""

import hashlib
import http.client
import re
import subprocess
import time

import pytest
from wire.routable import set_static
from wire.waiting import wait_until

from .life import STATIC, flap, powered_up
from .pools import free_elements
from .programs import Upload

CONNECTIONS = 400
MEGABYTE = 1_000_000
KEPT = 4096  # bytes of the heap that may differ: less than the smallest object for each connection
SLOWER = 0.25  # of the static address's speed, at least: a busy machine gives the two boards unequal time
HEAP = "(__import__('gc').collect(), __import__('gc').mem_alloc())[1]"
# -O needs an open and a closed port.
NMAP = "nmap -n -Pn -sS -sU -sV -O -p T:79-81,U:53,5353 --version-light --max-retries 1 --host-timeout 90s"


@pytest.fixture
def life(bench, server, opened):
    """Two boards that serve uploads and downloads, one with autoip and one with a static address."""
    with powered_up(bench, server, opened(Upload)) as life:
        yield life


def get(life, address, blocks=1):
    with life.server.host.namespace.inside():
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("GET", f"/download/{blocks}")
    body = connection.getresponse().read()
    connection.close()
    return body


def serves_four_at_once(life, address):
    """lwIP has five connections: all that are not in use are free again."""
    clients = [life.server.host.socket("stream") for _ in range(4)]
    for client in clients:
        client.connect((address, 80))
    for client in clients:
        client.sendall(b"GET /download/1 HTTP/1.0\r\n\r\n")
    for client in clients:
        with client, client.makefile("rb") as answer:
            assert len(answer.read()) > 1024
    return True


def seconds(function, *arguments):
    began = time.time()
    function(*arguments)
    return time.time() - began


def test_400_connections_and_ab_leave_nothing_behind(life, keep):
    address = life.board.address
    assert get(life, address) == bytes(1024)
    before = life.board.ask(HEAP)
    free = free_elements(life.board)
    took = seconds(lambda: [get(life, address) for _ in range(CONNECTIONS)])
    report = life.server.host.run(
        "ab", "-q", "-c", "4", "-n", "100", "-s", "30", f"http://{address}/download/1"
    )
    assert re.search(r"Failed requests: +0\n", report), report
    assert serves_four_at_once(life, address)
    wait_until(lambda: free_elements(life.board) == free, "elements of lwIP's pools are not free again")
    grown = life.board.ask(HEAP) - before
    keep(board=type(life.board).__name__, connections=CONNECTIONS, seconds=took, grown=grown)
    assert grown < KEPT


def test_a_megabyte_each_way_is_as_fast_as_at_a_static_address(life, keep):
    data = hashlib.shake_128(b"a megabyte").digest(MEGABYTE)
    file = life.program.directory / "megabyte.bin"
    file.write_bytes(data)

    def upload(address):
        answer = life.program.curl("--max-time", "50", "--upload-file", str(file), f"http://{address}/upload")
        assert answer == hashlib.sha256(data).hexdigest()

    def download(address):
        assert get(life, address, 1000) == bytes(1024 * 1000)

    def ratio(way):
        took = [(seconds(way, life.board.address), seconds(way, STATIC)) for _ in range(2)]
        ours, of_static = map(min, zip(*took, strict=True))
        return of_static / ours

    ratios = {way.__name__: ratio(way) for way in (upload, download)}
    keep(board=type(life.board).__name__, **ratios)
    assert min(ratios.values()) > SLOWER, ratios


@pytest.mark.only("qemu", "a scan takes a minute")
def test_nmap_scans_a_board_while_it_claims(life, keep):
    """The scan is of the static address, while the board claims a link-local address again and again."""
    life.board.run("svc.stop()")
    set_static(life.board)
    before = life.board.ask(HEAP)
    scan = life.server.host.namespace.popen(
        [*NMAP.split(), "10.0.0.99"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    life.board.start(delay=200)
    claims = 0
    while scan.poll() is None:
        assert life.board.expect("bound")
        claims += 1
        life.board.run("svc.stop()")
        life.board.start(delay=200)
    report = scan.stdout.read()
    assert "80/tcp" in report, report
    address = life.board.expect("bound")["address"]
    life.wait("autoip", address)
    assert get(life, address) == bytes(1024)
    keep(board=type(life.board).__name__, claims=claims, grown=life.board.ask(HEAP) - before)
    assert claims
    life.take(flap)
