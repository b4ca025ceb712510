# SPDX-License-Identifier: MIT
"""What a wire test uses: a wire with a capture, and the boards and peers that the test adds."""

import os
import pathlib

from . import checker
from .board import ROOT, Board, NoMdnsBoard, OlderTaskBoard, QemuBoard, TaskBoard
from .capture import Capture
from .dhcp import DhcpServer
from .esp32 import Esp32Board
from .hardware import HardwareBoard
from .peers import AvahiAutoipd
from .repl import ReplBoard
from .wire import Wire

CAPTURES = pathlib.Path(os.environ.get("CAPTURES", ROOT / "build" / "captures"))
BOARDS = {
    "unix": Board,
    "no-mdns": NoMdnsBoard,
    "qemu": QemuBoard,
    "task": TaskBoard,
    "task-idf5.3": OlderTaskBoard,
    "esp32": Esp32Board,
    "hardware": HardwareBoard,
}


class Bench:
    """A wire with a capture. close() fails if a board has failed, or if the checker finds a violation."""

    def __init__(self, name, kind, bridges=("br0",)):
        self._kind = kind
        self._path = CAPTURES / name
        self.wire = Wire(bridges)
        self.captures = [self._capture(bridge) for bridge in bridges]
        self.capture = self.captures[0]
        self.boards = []
        self.by_hand = set()  # link-local addresses that the boards have in addition to autoip's
        self._peers = []

    def board(self, kind=None, **options):
        """A board of this kind, or of the bench's kind."""
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
        """A Linux host with a DHCP server. The test has to start the server."""
        server = DhcpServer(self.wire, self._log("dhcp"))
        self._peers.append(server)
        return server

    def close(self):
        failures = []
        for each in self.boards + self._peers + self.captures:
            try:
                each.close()
            except Exception as failure:
                failures.append(f"{type(failure).__name__}: {failure}")
        self.wire.close()
        macs = [mac for board in self.boards for mac in board.macs]
        outages = [outage for board in self.boards for outage in board.outages]
        losses = []
        for board in self.boards:
            losses += checker.losses(board.log.read_text(errors="replace"), board.macs)
        for capture in self.captures:
            failures += checker.violations(capture.frames, macs, losses, self.by_hand, outages)
        assert not failures, "\n".join(failures)

    def _capture(self, bridge):
        suffix = "" if bridge == "br0" else f"-{bridge}"
        return Capture(self.wire, self._path.with_name(f"{self._path.name}{suffix}.pcap"), bridge)

    def _log(self, name):
        return self._path.with_name(f"{self._path.name}-{name}.log")
