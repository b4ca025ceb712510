"""Fixtures of the wire tests: a `bench` with a wire, its capture and what stands on it.

Each test leaves its pcap and the boards' logs in build/captures.
"""

import os

import pytest

from . import checker
from .board import ROOT, Board, QemuBoard
from .capture import Capture
from .dhcp import DhcpServer
from .peers import AvahiAutoipd
from .wire import Wire

CAPTURES = ROOT / "build" / "captures"


class Bench:
    """A wire under capture. At the end all boards must end well and every frame must be in order."""

    def __init__(self, name, kind=Board, bridges=("br0",)):
        self._kind = kind
        self._path = CAPTURES / name
        self.wire = Wire(bridges)
        self.captures = [self._capture(bridge) for bridge in bridges]
        self.capture = self.captures[0]
        self.boards = []
        self._peers = []
        self.routers = []

    def board(self, sanitize=True, **options):
        """A board with the sanitizers, which are too slow for figures of time."""
        board = self._kind(self.wire, self._log(f"board{len(self.boards)}"), sanitize=sanitize, **options)
        self.boards.append(board)
        return board

    def avahi(self, start=None):
        """A Linux host that runs avahi-autoipd."""
        peer = AvahiAutoipd(self.wire.add_host(), self._log(f"avahi{len(self._peers)}"), start)
        self._peers.append(peer)
        return peer

    def dhcp(self):
        """A Linux host with a DHCP server, to be started."""
        server = DhcpServer(self.wire, self._log("dhcp"))
        self._peers.append(server)
        return server

    def close(self):
        faults = []
        for each in self.boards + self._peers + self.captures:
            try:
                each.close()
            except Exception as fault:
                faults.append(f"{type(fault).__name__}: {fault}")
        self.wire.close()
        macs = [mac for board in self.boards for mac in board.macs]
        for capture in self.captures:
            faults += checker.violations(capture.frames, macs, self.routers)
        assert not faults, "\n".join(faults)

    def _capture(self, bridge):
        suffix = "" if bridge == "br0" else f"-{bridge}"
        return Capture(self.wire, self._path.with_name(f"{self._path.name}{suffix}.pcap"), bridge)

    def _log(self, name):
        return self._path.with_name(f"{self._path.name}-{name}.log")


def _bench(request, **options):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    return Bench(request.node.name.replace("/", "_"), **options)


@pytest.fixture
def bench(request):
    """With UNIX_TAP boards."""
    bench = _bench(request)
    yield bench
    bench.close()


@pytest.fixture
def qemu_bench(request):
    """With QEMU_MPS2 boards."""
    bench = _bench(request, kind=QemuBoard)
    yield bench
    bench.close()


@pytest.fixture
def two_wires(request):
    """A bench with two bridges that know nothing of each other."""
    bench = _bench(request, bridges=("br0", "br1"))
    yield bench
    bench.close()
