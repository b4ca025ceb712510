# SPDX-License-Identifier: MIT
"""Boards in the emulator: their real firmware, and a network that is on a TAP device.

The emulator is slower than the host when either has much to do: whoever waits for a board waits on its clock.
"""

import fcntl
import json
import os
import queue
import struct
import subprocess
import tempfile
import time

from wire.board import _AGENT, ENTER_RAW_REPL, EXECUTE, Board, BoardError
from wire.qemu import ROOT

EMULATOR = ROOT / "build" / "emulator"

_TUNSETIFF = 0x400454CA
_IFF_TAP = 0x0002
_IFF_NO_PI = 0x1000
_BOOT_TIMEOUT = 30  # s
_LOOK = 0.05  # s of the host's clock between two looks at the board's


class EmulatedBoard(Board):
    """A board that is told the agent by the raw REPL of its USB port. The cable is the emulator's."""

    NETWORK = ""  # what the emulator calls it
    FIRMWARE = None  # a path

    def now(self):
        return struct.unpack("d", os.pread(self._clock.fileno(), 8, 0))[0] / 1e9

    def sleep(self, seconds):
        """Wait until so much time has passed for the board."""
        self.wait_until(lambda: False, seconds, otherwise=None)

    def wait_until(self, condition, timeout=30, otherwise="not within {timeout} s"):
        """Wait until something holds; TimeoutError after `timeout` s of the board's time."""
        deadline = self.now() + timeout
        while not condition():
            if self._process.poll() is not None:
                raise ConnectionError(f"the board is gone: {self._report()}")
            if self.now() >= deadline:
                if otherwise:
                    raise TimeoutError(otherwise.format(timeout=timeout))
                return
            time.sleep(_LOOK)

    def _wait(self, told, deadline):
        while True:
            try:
                return told.get(timeout=_LOOK)
            except queue.Empty:
                if self.now() >= deadline:
                    raise

    def _start(self, sanitize):
        self._clock = tempfile.TemporaryFile()
        self._clock.write(bytes(8))
        self._clock.flush()
        tap = self._open_tap()
        told, self._cable = os.pipe()
        os.set_blocking(tap, False)
        os.set_blocking(told, False)
        files = (tap, told, self._clock.fileno())
        command = [
            *("node", EMULATOR / "emulator.mjs", self.NETWORK, EMULATOR / "bootrom.bin", self.FIRMWARE),
            *(self.mac.replace(":", ""), *map(str, files)),
        ]
        with open(self._errors, "wb") as errors:
            self._process = self._wire.namespace.popen(
                command,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=files,
            )
        os.close(tap)
        os.close(told)
        self._write(ENTER_RAW_REPL)
        self._load_agent()
        return self._process

    def begin(self, code):
        """run(), without waiting for its end."""
        self._write(json.dumps(["exec", code]) + "\n")

    def finish(self, timeout):
        """Wait for the end of what was begun; BoardError if it raised."""
        told = self._wait(self._answers, self.now() + timeout)
        if "error" in told:
            raise BoardError(f"{told['error']}: {' '.join(told['args'])}")

    def soft_reset(self):
        """A new life of MicroPython, with its boot.py; the agent is there again."""
        boots = self._boots()
        self.begin("import machine; machine.soft_reset()")
        self.wait_until(lambda: self._boots() > boots, _BOOT_TIMEOUT, f"no soft reset, see {self.log}")
        self._load_agent()
        self.expect("ready", _BOOT_TIMEOUT)

    def path(self, name):
        return f"/{name}"

    def set_link(self, up):
        os.write(self._cable, b"1" if up else b"0")

    def close(self):
        os.close(self._cable)
        try:
            super().close()
        finally:
            self._clock.close()

    def _boots(self):
        return self.log.read_text().count("raw REPL; CTRL-B to exit")

    def _load_agent(self):
        self._write("print()\n" + _AGENT.read_text() + EXECUTE)

    def _write(self, text):
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _open_tap(self):
        with self._wire.namespace.inside():
            tap = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH14x", self.tap.encode(), _IFF_TAP | _IFF_NO_PI))
        return tap


class PicoBoard(EmulatedBoard):
    """RPI_PICO_W; the cable is the access point."""

    NETWORK = "radio"
    FIRMWARE = ROOT / "build" / "RPI_PICO_W-emulator" / "firmware.uf2"


class WiznetBoard(EmulatedBoard):
    """W5500_EVB_PICO; `strict`: its chip lets no multicast in. The board makes its own MAC."""

    FIRMWARE = ROOT / "build" / "W5500_EVB_PICO" / "firmware.uf2"

    def __init__(self, *args, strict=False, **options):
        self.NETWORK = "w5500-strict" if strict else "w5500"
        super().__init__(*args, **options)
        self.mac = self.ask("nic.config('mac').hex(':')")
        self.macs = [self.mac]
