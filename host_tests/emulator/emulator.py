# SPDX-License-Identifier: MIT
"""Runs emulator.mjs, with a TAP device as the board's network and a pseudo-terminal as its USB port."""

import os
import struct
import subprocess
import tempfile

from hardware.tap import open_tap
from wire.qemu import ROOT

from .terminal import Terminal

EMULATOR = ROOT / "build" / "emulator"


class Emulator:
    """Runs a board in the namespace until close().

    output: the file for the emulator's own messages. network: the argument NETWORK of emulator.mjs.
    firmware: the path of the firmware. `port` is the pseudo-terminal of the board's USB port.
    """

    def __init__(self, namespace, tap, mac, output, network, firmware):
        self._clock = tempfile.TemporaryFile()
        self._clock.write(bytes(8))
        self._clock.flush()
        with namespace.inside():
            card = open_tap(tap)
        cable, self._cable = os.pipe()
        os.set_blocking(cable, False)
        files = (card, cable, self._clock.fileno())
        command = [
            *("node", EMULATOR / "emulator.mjs", network, EMULATOR / "bootrom.bin", firmware),
            *(mac.replace(":", ""), *map(str, files)),
        ]
        with open(output, "wb") as errors:
            self.process = namespace.popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=files,
            )
        os.close(card)
        os.close(cable)
        self._terminal = Terminal(self.process.stdin, self.process.stdout)
        self.port = self._terminal.port

    def now(self):
        """The board's time in s."""
        return struct.unpack("d", os.pread(self._clock.fileno(), 8, 0))[0] / 1e9

    def set_link(self, up):
        os.write(self._cable, b"1" if up else b"0")

    def link_command(self):
        """A shell command that moves the cable. Its argument is "up" or "down". See LINK_CMD."""
        return (
            f"sh -c 'if [ $0 = up ]; then printf 1; else printf 0; fi >/proc/{os.getpid()}/fd/{self._cable}'"
        )

    def quit(self):
        self.process.stdin.close()  # the emulator ends at the end of its input

    def close(self):
        self.process.kill()
        self.process.wait()
        self._terminal.close()
        self.process.stdin.close()
        os.close(self._cable)
        self._clock.close()
