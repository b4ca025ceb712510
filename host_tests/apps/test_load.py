# SPDX-License-Identifier: MIT
"""Under load, a board works at its link-local address, and frees memory and sockets afterwards."""

import hashlib
import http.client
import re
import subprocess
import time

import pytest
from wire.lwip_memory import free_elements
from wire.routable import set_static
from wire.waiting import wait_until

from .programs import Upload
from .scenario import STATIC, flap, powered_up

CONNECTIONS = 400
MEGABYTE = 1_000_000
KEPT = 4096  # bytes by which the heap may grow: fewer than if each connection leaked the smallest object
# The lowest ratio to the speed at the static address. A busy machine may give one board less processor time.
SLOWEST = 0.25
HEAP = "(__import__('gc').collect(), __import__('gc').mem_alloc())[1]"
# -O needs an open and a closed port.
NMAP = "nmap -n -Pn -sS -sU -sV -O -p T:79-81,U:53,5353 --version-light --max-retries 1 --host-timeout 90s"


@pytest.fixture
def scenario(bench, server, opened):
    """Two boards that serve uploads and downloads, one with autoip and one with a static address."""
    with powered_up(bench, server, opened(Upload)) as scenario:
        yield scenario


def get(scenario, address, blocks=1):
    with scenario.server.host.namespace.inside():
        connection = http.client.HTTPConnection(address, timeout=30)
        connection.request("GET", f"/download/{blocks}")
    body = connection.getresponse().read()
    connection.close()
    return body


def serves_four_at_once(scenario, address):
    """lwIP supports five connections, so four at once succeed only if old connections have been freed."""
    clients = [scenario.server.host.socket("stream") for _ in range(4)]
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


def test_400_connections_and_apachebench_leak_neither_memory_nor_sockets(scenario, keep):
    address = scenario.board.address
    assert get(scenario, address) == bytes(1024)
    before = scenario.board.ask(HEAP)
    free = free_elements(scenario.board)
    took = seconds(lambda: [get(scenario, address) for _ in range(CONNECTIONS)])
    report = scenario.server.host.run(
        "ab", "-q", "-c", "4", "-n", "100", "-s", "30", f"http://{address}/download/1"
    )
    assert re.search(r"Failed requests: +0\n", report), report
    assert serves_four_at_once(scenario, address)
    wait_until(lambda: free_elements(scenario.board) == free, "elements of lwIP's pools are not free again")
    grown = scenario.board.ask(HEAP) - before
    keep(board=type(scenario.board).__name__, connections=CONNECTIONS, seconds=took, grown=grown)
    assert grown < KEPT


def test_a_megabyte_each_way_is_as_fast_as_at_a_static_address(scenario, keep):
    data = hashlib.shake_128(b"a megabyte").digest(MEGABYTE)
    file = scenario.program.directory / "megabyte.bin"
    file.write_bytes(data)

    def upload(address):
        answer = scenario.program.curl(
            "--max-time", "50", "--upload-file", str(file), f"http://{address}/upload"
        )
        assert answer == hashlib.sha256(data).hexdigest()

    def download(address):
        assert get(scenario, address, 1000) == bytes(1024 * 1000)

    def ratio(way):
        took = [(seconds(way, scenario.board.address), seconds(way, STATIC)) for _ in range(2)]
        ours, of_static = map(min, zip(*took, strict=True))
        return of_static / ours

    ratios = {way.__name__: ratio(way) for way in (upload, download)}
    keep(board=type(scenario.board).__name__, **ratios)
    assert min(ratios.values()) > SLOWEST, ratios


@pytest.mark.only("qemu", "a scan takes a minute")
def test_nmap_scans_a_board_while_it_claims(scenario, keep):
    """nmap scans the static address while the board claims a link-local address again and again."""
    scenario.board.run("svc.stop()")
    set_static(scenario.board)
    before = scenario.board.ask(HEAP)
    scan = scenario.server.host.namespace.popen(
        [*NMAP.split(), "10.0.0.99"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    scenario.board.start(delay=200)
    claims = 0
    while scan.poll() is None:
        assert scenario.board.expect("bound")
        claims += 1
        scenario.board.run("svc.stop()")
        scenario.board.start(delay=200)
    report = scan.stdout.read()
    assert "80/tcp" in report, report
    address = scenario.board.expect("bound")["address"]
    scenario.wait("autoip", address)
    assert get(scenario, address) == bytes(1024)
    keep(board=type(scenario.board).__name__, claims=claims, grown=scenario.board.ask(HEAP) - before)
    assert claims
    scenario.take(flap)
