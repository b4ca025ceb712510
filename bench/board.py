# SPDX-License-Identifier: MIT
"""A QEMU_MPS2 board with one of three firmware builds. QEMU connects the board's Ethernet to a UDP socket.
This needs no privileges, and no other host is on the link.
"""

import ast
import contextlib
import pathlib
import socket
import subprocess
import tempfile
import time

import pexpect
from wire.frames import Frame

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILDS = ("none", "lwip", "autoip")

_LOCALHOST = "127.0.0.1"
_FRAME_MAX = 1514
_TIMEOUT = 60  # s to wait for the board


def folder(build):
    """The directory of a build. build: the value of LINK_LOCAL."""
    return ROOT / "build" / ("QEMU_MPS2" if build == "autoip" else f"QEMU_MPS2-{build}")


def qemu_version():
    return subprocess.check_output(["qemu-system-arm", "--version"], text=True).split()[3]


class Board(contextlib.ExitStack):
    """Runs until the end of the `with` block. The board's `nic` exists but is not active."""

    def __init__(self, build, number=1):
        super().__init__()
        self.mac = f"28:cd:c1:00:00:{number:02x}"
        self.debugger = self.enter_context(tempfile.TemporaryDirectory()) + "/gdb"
        self._wire, back, to = _cable()
        self.callback(self._wire.close)
        command = [
            *"qemu-system-arm -M mps2-an385 -display none -monitor none -serial stdio".split(),
            *("-kernel", f"{folder(build)}/firmware.elf"),
            *("-nic", f"socket,udp={back},localaddr={to},model=lan9118,mac={self.mac}"),
            *("-gdb", f"unix:{self.debugger},server=on,wait=off"),
        ]
        self._repl = pexpect.spawn(command[0], command[1:], echo=False, timeout=_TIMEOUT, encoding="utf-8")
        self.callback(self._repl.close, force=True)
        self._repl.expect_exact(">>> ")
        self._repl.send("\x01")  # raw REPL
        self._repl.expect_exact("\n>")
        self.run("import network, time; nic = network.LAN()")

    def start(self, code):
        """Run code on the board without waiting for its end. Call end() afterwards."""
        self._repl.send(code + "\x04")
        self._repl.expect_exact("OK")

    def end(self):
        """Wait until the code has ended. Returns its output, or raises RuntimeError if the code raised."""
        self._repl.expect_exact("\x04")
        printed = self._repl.before
        self._repl.expect_exact("\x04")
        if self._repl.before:
            raise RuntimeError(self._repl.before)
        return printed

    def run(self, code):
        self.start(code)
        return self.end()

    def ask(self, expression):
        """The value of an expression on the board."""
        return ast.literal_eval(self.run(f"print(repr({expression}))"))

    def send(self, frame):
        self._wire.send(bytes(frame))

    def frames(self):
        """The frames that the board sent since the last call."""
        found = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(Frame(time.time(), self._wire.recv(_FRAME_MAX, socket.MSG_DONTWAIT), False))
        return found


def _cable():
    """A socket, its address, and the address that the emulator binds."""
    here, there = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for end in (here, there):
        end.bind((_LOCALHOST, 0))
    here.connect(there.getsockname())
    with there:
        return here, *("{}:{}".format(*end.getsockname()) for end in (here, there))
