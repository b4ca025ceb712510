# SPDX-License-Identifier: MIT
"""The examples, as programs of a UNIX_TAP; test_page.py has page.py, the emulator's tests boot_wlan.py."""

import os
import re
import signal
import subprocess

import pytest
from pexpect.fdpexpect import fdspawn

from .board import ROOT
from .frames import is_arp
from .waiting import PATIENCE

pytestmark = pytest.mark.only("unix", "an example is one on either board")

X = "169.254.7.9"
C = "169.254.20.20"
ADDRESS = r"(169\.254\.\d+\.\d+)\r?\n"
FIRMWARE = ROOT / "build" / "UNIX_TAP-sanitize" / "micropython"
# The service outlives the example, as behind the prompt of a board.
STAY = "\nimport time\nwhile True:\n    time.sleep(1)\n"
REACHABLE = "\nimport time\nwhile True:\n    print('now', service.wait())\n    time.sleep(1)\n"
# What a UNIX_TAP lacks.
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
    """Runs an example, with code before and behind it, and returns what pexpect makes of its output."""
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


def addresses(told, pattern):
    told.expect(pattern + ADDRESS)
    return told.match.group(1)


def test_claim(run, host):
    told = run("claim.py")
    bound = addresses(told, "bound ")
    assert addresses(told, "my address is ") == bound
    assert host.ping(bound)


def test_boot(run, host, bench):
    run("boot.py")
    assert host.ping(bench.capture.wait_for(is_arp("announcement")).arp.psrc)


def test_boot_with_a_wiznet_chip(run, host, bench):
    run("boot_wiznet5k.py", before=WIZNET)
    assert host.ping(bench.capture.wait_for(is_arp("announcement")).arp.psrc)


def test_fallback(run, bench):
    """Link-local without a server, leased as soon as there is one."""
    server = bench.dhcp()
    told = run("fallback.py", behind=REACHABLE)
    addresses(told, "my address is ")
    server.start()
    told.expect(r"now (10\.0\.0\.\d+)")
    assert server.host.ping(told.match.group(1))


def test_remember(run, tmp_path):
    first = addresses(run("remember.py"), "my address is ")
    run.end()
    file = tmp_path / "autoip.txt"
    file.write_text(file.read_text().replace(first, C))
    assert addresses(run("remember.py"), "my address is ") == C


def test_two_interfaces(run, bench):
    bench.wire.add_tap()
    told = run("two_interfaces.py", before=TWO_KINDS)
    found = {}
    while len(found) < 2:
        told.expect(r"(e\d) bound " + ADDRESS)
        found[told.match.group(1)] = told.match.group(2)
    assert len(set(found.values())) == 2


def test_led(run, bench):
    told = run("led.py", before=LED)
    for up, light in ((True, "LED True"), (False, "LED False"), (True, "LED True")):
        bench.wire.set_link("tap0", up)
        told.expect_exact(light)


def test_asyncio(run, bench):
    told = run("asyncio_events.py", behind="")
    address = addresses(told, "reachable at ")
    bench.wire.set_link("tap0", False)
    told.expect("not reachable")
    bench.wire.set_link("tap0", True)
    told.expect("reachable at " + re.escape(address))
