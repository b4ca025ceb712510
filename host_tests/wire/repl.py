# SPDX-License-Identifier: MIT
"""A QEMU_MPS2 board without the agent, and mpremote to control it."""

import os
import select
import subprocess
import sys
import time

from .qemu import Qemu, mps2
from .waiting import PATIENCE

_CRASH = "CRASH pc="


class ReplBoard:
    """A board that runs its REPL on a pseudo-terminal until close()."""

    def __init__(self, wire, log, mac="28:cd:c1:00:01:00"):
        self.mac = mac
        self.macs = [mac]
        self.outages = []
        self.log = log
        tap = wire.add_tap()
        self._qemu = Qemu(wire, tap, mac, log.with_suffix(".err"), mps2(), serial=f",logfile={log}")
        self.port = self._qemu.port
        # QEMU checks only once per second whether the terminal is open.
        self._terminal = os.open(self.port, os.O_RDWR | os.O_NOCTTY)
        self._qemu.resume()
        wire.wait_for_port(tap)

    def mpremote(self, *command):
        """What `mpremote connect PORT command...` prints, without blanks around it."""
        mpremote = [sys.executable, "-m", "mpremote", "connect", self.port, *map(str, command)]
        done = subprocess.run(
            mpremote, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def type(self, keys):
        """Type these keys in the friendly REPL."""
        os.write(self._terminal, keys.encode())

    def until(self, text):
        """What the board printed since the last call, once `text` is in it."""
        printed = ""
        deadline = time.monotonic() + PATIENCE
        while text not in printed:
            assert select.select([self._terminal], [], [], deadline - time.monotonic())[0], printed
            printed += os.read(self._terminal, 4096).decode()
        return printed

    def close(self):
        """AssertionError if the board crashed."""
        self._qemu.quit()
        self._qemu.process.wait()
        os.close(self._terminal)
        assert _CRASH not in self.log.read_text(errors="replace"), f"see {self.log}"
