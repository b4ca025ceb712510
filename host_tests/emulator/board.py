# SPDX-License-Identifier: MIT
"""Boards in the emulator: they run their real firmware, and their network is a TAP device.

The emulated board's clock is slower than the host's clock if the board or the host is busy. So the tests
measure time with the board's clock.
"""

import queue
import time

from wire.board import BoardError, SerialBoard
from wire.qemu import ROOT
from wire.raw_repl import RawRepl
from wire.waiting import PATIENCE

from .emulator import Emulator

_POLL_INTERVAL = 0.05  # s of the host's clock


class EmulatedBoard(SerialBoard):
    """A board with the raw REPL on its USB port. set_link() unplugs or plugs in its network cable."""

    TIMEOUT = 10 * PATIENCE  # s of the host's clock; long, because the board's clock may be much slower

    NETWORK = ""  # the argument NETWORK of emulator.mjs
    FIRMWARE = None  # path of the firmware

    def now(self):
        return self._emulator.now()

    def sleep(self, seconds):
        """Wait until the board's clock has advanced by this time."""
        self.wait_until(lambda: False, seconds, otherwise=None)

    def wait_until(self, condition, timeout=30, otherwise="the condition was not true within {timeout} s"):
        """Wait until condition() is true. After `timeout` s of the board's clock, raise TimeoutError with the
        text `otherwise`, or return if there is no text.
        """
        deadline = self.now() + timeout
        while not condition():
            if self._process.poll() is not None:
                raise ConnectionError(f"the emulator has ended: {self._report()}")
            if self.now() >= deadline:
                if otherwise:
                    raise TimeoutError(otherwise.format(timeout=timeout))
                return
            time.sleep(_POLL_INTERVAL)

    def _wait(self, messages, deadline):
        while True:
            try:
                return messages.get(timeout=_POLL_INTERVAL)
            except queue.Empty:
                if self.now() >= deadline:
                    raise

    def _launch(self):
        self._emulator = Emulator(
            self._wire.namespace, self.tap, self.mac, self._errors, self.NETWORK, self.FIRMWARE
        )
        self._repl = RawRepl(self._emulator.port, self.TIMEOUT, self.PACE)
        return self._emulator.process

    def begin(self, code):
        """Start code on the board, without waiting for its end."""
        self._send("exec", code)

    def finish(self, timeout):
        """Wait until the code that begin() started has ended. BoardError if the code raised an exception."""
        answer = self._wait(self._answers, self.now() + timeout)
        if "error" in answer:
            raise BoardError(f"{answer['error']}: {' '.join(answer['args'])}")

    def interrupt(self):
        """Send Ctrl-C."""
        self._repl.write("\x03")

    def set_link(self, up):
        self._emulator.set_link(up)

    def close(self):
        try:
            super().close()
        finally:
            self._emulator.close()

    def _end(self):
        self._emulator.quit()


class PicoBoard(EmulatedBoard):
    """RPI_PICO_W. set_link() turns its access point on or off."""

    NETWORK = "radio"
    FIRMWARE = ROOT / "build" / "RPI_PICO_W-emulator" / "firmware.uf2"


class WiznetBoard(EmulatedBoard):
    """W5500_EVB_PICO. The firmware chooses the MAC. strict: the chip's filter drops all multicast."""

    NETWORK = "w5500"
    FIRMWARE = ROOT / "build" / "W5500_EVB_PICO" / "firmware.uf2"

    def __init__(self, *args, strict=False, **options):
        if strict:
            self.NETWORK = "w5500-strict"
        super().__init__(*args, **options)
        self.mac = self.ask("nic.config('mac').hex(':')")
        self.macs = [self.mac]
