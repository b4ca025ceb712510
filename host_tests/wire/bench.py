"""Fixtures of the wire tests: a `bench` with a wire, its capture and what stands on it.

A test that has a `bench` runs once with "unix" and once with "qemu", unless it is marked with the only one
and the reason: `only("unix", "why")`. Those marked `task` run with "task" as well. Each test leaves its pcap
and the boards' logs in build/captures.
"""

import os

import pytest

from . import checker
from .board import ROOT, Board, QemuBoard, TaskBoard
from .capture import Capture
from .dhcp import DhcpServer
from .peers import AvahiAutoipd
from .repl import ReplBoard
from .routable import PEER
from .wire import Wire

CAPTURES = ROOT / "build" / "captures"
BOARDS = {"unix": Board, "qemu": QemuBoard, "task": TaskBoard}


def pytest_generate_tests(metafunc):
    if "bench" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        boards = [_only(*only.args)] if only else ["unix", "qemu"]
        if metafunc.definition.get_closest_marker("task"):
            boards.append("task")
        metafunc.parametrize("bench", boards, indirect=True)


def _only(board, reason):
    return board


class Bench:
    """A wire under capture. At the end all boards must end well and every frame must be in order."""

    def __init__(self, name, kind, bridges=("br0",)):
        self._kind = kind
        self._path = CAPTURES / name
        self.wire = Wire(bridges)
        self.captures = [self._capture(bridge) for bridge in bridges]
        self.capture = self.captures[0]
        self.boards = []
        self.by_hand = set()  # link-local addresses that the boards have without autoip
        self._peers = []

    def board(self, kind=None, **options):
        """A board, of another kind than the bench's if that is named."""
        make = BOARDS[kind or self._kind]
        board = make(self.wire, self._log(f"board{len(self.boards)}"), **options)
        self.boards.append(board)
        return board

    def repl(self):
        """A QEMU_MPS2 board with its REPL, for mpremote."""
        board = ReplBoard(self.wire, self._log(f"board{len(self.boards)}"))
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
        losses = []
        for board in self.boards:
            losses += checker.losses(board.log.read_text(errors="replace"), board.macs)
        for capture in self.captures:
            faults += checker.violations(capture.frames, macs, losses, self.by_hand)
        assert not faults, "\n".join(faults)

    def _capture(self, bridge):
        suffix = "" if bridge == "br0" else f"-{bridge}"
        return Capture(self.wire, self._path.with_name(f"{self._path.name}{suffix}.pcap"), bridge)

    def _log(self, name):
        return self._path.with_name(f"{self._path.name}-{name}.log")


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
    """A bench with two bridges that know nothing of each other, for UNIX_TAP: the other has one interface."""
    bench = _bench(request, "unix", bridges=("br0", "br1"))
    yield bench
    bench.close()


@pytest.fixture
def server(bench):
    """A host of the bench with an address in 169.254/16, and a DHCP server to be started."""
    server = bench.dhcp()
    server.host.run("ip", "addr", "add", f"{PEER}/16", "dev", "eth0")
    return server
