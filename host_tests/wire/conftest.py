# SPDX-License-Identifier: MIT
"""Fixtures of the wire tests: a `bench` with a wire, its capture, and boards.

A test that has a `bench` runs once with "unix" and once with "qemu". These markers change this:

only("unix", "why"): the test runs only with this kind of board. "why" is the reason.
threaded: the test also runs with "task".
older_idf: the test also runs with "task-idf5.3", which has the DHCP client of an older ESP-IDF.
not_on_espressif("why"): the test does not run with "esp32".

If `make test-board` has built the firmware of an ESP32, all tests without `only` also run with "esp32".
`make test-hardware` runs all tests without `only` with "hardware" instead. A marker's name must not contain
the name of a kind of board, because -k finds both. Each test writes its pcap and the boards' logs to
build/captures.
"""

import os

import pytest

from .bench import Bench
from .esp32 import BUILD as ESP32
from .hardware import ports
from .routable import PEER


def pytest_generate_tests(metafunc):
    if "bench" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker
        only = marker("only")
        if ports() or (only and only.args[0] == "hardware"):
            metafunc.parametrize("bench", [_hardware(only)], indirect=True)
            return
        boards = [_only(*only.args)] if only else ["unix", "qemu"]
        if marker("threaded"):
            boards.append("task")
        if marker("older_idf"):
            boards.append("task-idf5.3")
        if ESP32 and not only and not marker("not_on_espressif"):
            boards.append(pytest.param("esp32", marks=pytest.mark.esp32))
        metafunc.parametrize("bench", boards, indirect=True)


def _hardware(only):
    reason = None if ports() else "no hardware: make test-hardware"
    if only and only.args[0] != "hardware":
        reason = only.args[1]
    return pytest.param("hardware", marks=[pytest.mark.skip(reason=reason)] if reason else [])


def _only(board, reason):
    return board


def _bench(request, kind, **options):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    return Bench(request.node.name.replace("/", "_"), kind, **options)


@pytest.fixture
def bench(request):
    """A bench with one wire."""
    bench = _bench(request, request.param)
    yield bench
    bench.close()


@pytest.fixture
def two_wires(request):
    """A bench with two separate bridges, for UNIX_TAP. A board's second interface is on the second bridge."""
    bench = _bench(request, "unix", bridges=("br0", "br1"))
    yield bench
    bench.close()


@pytest.fixture
def two_wires_of_task(request):
    """A bench with two separate bridges, for UNIX_TASK."""
    bench = _bench(request, "task", bridges=("br0", "br1"))
    yield bench
    bench.close()


@pytest.fixture
def bench_of_three(request):
    """A bench with three separate bridges, for UNIX_TAP."""
    bench = _bench(request, "unix", bridges=("br0", "br1", "br2"))
    yield bench
    bench.close()


@pytest.fixture
def server(bench):
    """A host of the bench with an address in 169.254/16 and a DHCP server that the test has to start."""
    server = bench.dhcp()
    server.host.run("ip", "addr", "add", f"{PEER}/16", "dev", "eth0")
    return server
