# SPDX-License-Identifier: MIT
"""Runs the examples on a UNIX_TAP, except page.py (test_page.py) and boot_wlan.py (host_tests/emulator)."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading

import pytest
from pexpect.fdpexpect import fdspawn

from .board import ROOT, SANITIZED
from .frames import announcement, is_arp
from .waiting import PATIENCE, wait_until

pytestmark = pytest.mark.only("unix", "the examples do the same on both boards")

X = "169.254.7.9"
C = "169.254.20.20"
BOOT = (ROOT / "examples" / "boot.py").read_text()
PRINT = "autoip.get().on_event = lambda event, service: print(event, service.address)\n"
ADDRESS = r"(169\.254\.\d+\.\d+)\r?\n"
FIRMWARE = ROOT / "build" / f"UNIX_TAP{SANITIZED}" / "micropython"
# The service outlives the example, as at the prompt of a board.
STAY = "\nimport time\nwhile True:\n    time.sleep(1)\n"
REACHABLE = "\nimport time\nwhile True:\n    print('now', service.wait())\n    time.sleep(1)\n"
# Replacements for what a UNIX_TAP lacks.
TWO_KINDS = """
import network, sys
class Network:
    LAN = network.LAN
    WLAN = lambda: network.LAN("tap1")
sys.modules["network"] = Network
"""
WIZNET = """
import network, sys
class Network:
    WIZNET5K = network.LAN
sys.modules["network"] = Network
"""
LED = """
import sys
class machine:
    class Pin:
        OUT = 1
        def __init__(self, name, mode):
            pass
        def value(self, on):
            print("LED", on)
sys.modules["machine"] = machine
"""


@pytest.fixture
def run(bench, tmp_path):
    """Runs an example, with code before and after it. Returns its output as a pexpect object."""
    bench.wire.add_tap()
    running = []

    def run(name, before="", behind=STAY):
        program = tmp_path / name
        program.write_text(before + (ROOT / "examples" / name).read_text() + behind)
        process = bench.wire.namespace.popen(
            [FIRMWARE, program],
            cwd=tmp_path,
            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        running.append(process)
        return fdspawn(process.stdout, encoding="utf-8", timeout=PATIENCE)

    def end():
        for process in running:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        running.clear()

    run.end = end
    yield run
    end()


@pytest.fixture
def host(bench):
    return bench.wire.add_host(f"{X}/16")


def addresses(output, pattern):
    output.expect(pattern + ADDRESS)
    return output.match.group(1)


@pytest.mark.parametrize("before", [BOOT, "", WIZNET], ids=["after boot.py", "alone", "with a WIZnet chip"])
def test_claim(run, host, before):
    output = run("claim.py", before)
    bound = addresses(output, "bound ")
    assert addresses(output, "my address is ") == bound
    assert host.ping(bound)


def test_boot(run, host, bench):
    run("boot.py")
    assert host.ping(bench.capture.wait_for(is_arp("announcement")).arp.psrc)


def test_boot_with_a_wiznet_chip(run, host, bench):
    run("boot_wiznet5k.py", before=WIZNET)
    assert host.ping(bench.capture.wait_for(is_arp("announcement")).arp.psrc)


def test_fallback(run, bench):
    """A link-local address without a server, and a lease as soon as there is a server."""
    server = bench.dhcp()
    output = run("fallback.py", BOOT, behind=REACHABLE)
    addresses(output, "my address is ")
    server.start()
    output.expect(r"now (10\.0\.0\.\d+)")
    assert server.host.ping(output.match.group(1))


def test_remember(run, tmp_path):
    first = addresses(run("remember.py", BOOT), "my address is ")
    run.end()
    file = tmp_path / "autoip.txt"
    file.write_text(file.read_text().replace(first, C))
    assert addresses(run("remember.py", BOOT), "my address is ") == C


@pytest.mark.parametrize("boot", [BOOT, ""], ids=["after boot.py", "alone"])
def test_two_interfaces(run, bench, boot):
    bench.wire.add_tap()
    output = run("two_interfaces.py", before=TWO_KINDS + boot)
    found = {}
    while len(found) < 2:
        output.expect(r"(e\d) bound " + ADDRESS)
        found[output.match.group(1)] = output.match.group(2)
    assert len(set(found.values())) == 2


def test_led(run, bench):
    output = run("led.py", before=LED + BOOT)
    for up, light in ((True, "LED True"), (False, "LED False"), (True, "LED True")):
        bench.wire.set_link("tap0", up)
        output.expect_exact(light)


def test_asyncio(run, bench):
    output = run("asyncio_events.py", BOOT, behind="")
    address = addresses(output, "reachable at ")
    bench.wire.set_link("tap0", False)
    output.expect("not reachable")
    bench.wire.set_link("tap0", True)
    output.expect("reachable at " + re.escape(address))


class Broker:
    """Accepts MQTT clients, and acknowledges messages with QoS 1."""

    def __init__(self, host):
        self.published = []  # (number of the connection, its source address, payload)
        self._server = host.socket("stream")
        self._server.bind(("", 1883))
        self._server.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        for number in range(100):
            try:
                client, (address, _) = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(number, client, address), daemon=True).start()

    def _serve(self, number, client, address):
        with contextlib.suppress(ConnectionResetError), client, client.makefile("rb") as stream:
            while header := stream.read(2):
                body = stream.read(header[1])
                if header[0] == 0x10:
                    client.sendall(b"\x20\x02\0\0")
                elif header[0] == 0x32:
                    topic = 2 + int.from_bytes(body[:2], "big")
                    self.published.append((number, address, body[topic + 2 :].decode()))
                    client.sendall(b"\x40\x02" + body[topic : topic + 2])

    def wait_for(self, address, after=0):
        """Wait until the address is published. Returns the number of the connection."""

        def found():
            return [number for number, *where in self.published[after:] if where == [address, address]]

        wait_until(found, f"{address} is not published")
        return found()[0]

    def close(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def broker(host):
    broker = Broker(host)
    yield broker
    broker.close()


def page(host, address):
    with host.socket("stream") as client:
        client.connect((address, 80))
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        return client.makefile("rb").read().decode().splitlines()[-1]


def test_server_and_mqtt_survive_a_flap_a_move_and_a_lease(run, bench, host, broker):
    output = run("server_mqtt.py", BOOT + PRINT, behind="")
    first = bench.capture.wait_for(is_arp("announcement")).arp.psrc
    connection = broker.wait_for(first)
    assert page(host, first) == first
    server = bench.dhcp()
    server.start()
    bench.wire.set_link("tap0", False)
    output.expect("suspended")
    bench.wire.set_link("tap0", True)
    output.expect("bound")
    leased = bench.capture.wait_for(lambda f: f.kind == "announcement" and f.arp.psrc.startswith("10."))
    lease = leased.arp.psrc
    assert broker.wait_for(first, len(broker.published)) == connection  # the connection is the same one
    assert page(host, first) == page(server.host, lease) == first
    for _ in range(2):
        bench.wire.send(announcement(first))
    output.expect("lost")
    moved = addresses(output, "bound ")
    assert broker.wait_for(moved) > connection
    assert page(host, moved) == page(server.host, lease) == moved
