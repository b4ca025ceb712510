"""A Pico W in the emulator: the real firmware but for the radio, which is on a TAP device."""

import fcntl
import os
import struct
import subprocess
import time

from wire.board import _AGENT, _ENTER_RAW_REPL, _EXECUTE, Board
from wire.qemu import ROOT

EMULATOR = ROOT / "build" / "emulator"
FIRMWARE = ROOT / "build" / "RPI_PICO_W-emulator" / "firmware.uf2"

_TUNSETIFF = 0x400454CA
_IFF_TAP = 0x0002
_IFF_NO_PI = 0x1000
_BOOT_TIMEOUT = 30  # s


class PicoBoard(Board):
    """RPI_PICO_W: told the agent by the raw REPL of its USB port. The cable is the access point."""

    def _start(self, sanitize):
        tap = self._open_tap()
        told, self._access_point = os.pipe()
        os.set_blocking(tap, False)
        os.set_blocking(told, False)
        command = [
            *("node", EMULATOR / "emulator.mjs", EMULATOR / "bootrom.bin", FIRMWARE),
            *(self.mac.replace(":", ""), str(tap), str(told)),
        ]
        with open(self._errors, "wb") as errors:
            self._process = self._wire.namespace.popen(
                command,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=(tap, told),
            )
        os.close(tap)
        os.close(told)
        self._write(_ENTER_RAW_REPL)
        self._load_agent()
        return self._process

    def soft_reset(self):
        """A new life of MicroPython, with its boot.py; the agent is there again."""
        boots = self._boots()
        self._write('["exec", "import machine; machine.soft_reset()"]\n')
        deadline = time.monotonic() + _BOOT_TIMEOUT
        while self._boots() == boots:
            assert time.monotonic() < deadline, f"no soft reset, see {self.log}"
            time.sleep(0.1)
        self._load_agent()
        self.expect("ready", _BOOT_TIMEOUT)

    def path(self, name):
        return f"/{name}"

    def set_link(self, up):
        os.write(self._access_point, b"1" if up else b"0")

    def close(self):
        os.close(self._access_point)
        super().close()

    def _boots(self):
        return self.log.read_text().count("raw REPL; CTRL-B to exit")

    def _load_agent(self):
        self._write("print()\n" + _AGENT.read_text() + _EXECUTE)

    def _write(self, text):
        self._process.stdin.write(text)
        self._process.stdin.flush()

    def _open_tap(self):
        with self._wire.namespace.inside():
            tap = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH14x", self.tap.encode(), _IFF_TAP | _IFF_NO_PI))
        return tap
