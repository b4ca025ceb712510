# SPDX-License-Identifier: MIT
"""A board of the esp32 kind in QEMU: the firmware that `make test-board BOARD=ESP32_GENERIC...` built."""

import os
import pathlib
import re
import select
import subprocess
import tempfile
import time

from .board import ENTER_RAW_REPL, QemuBoard
from .checker import Outage
from .qemu import Qemu
from .waiting import PATIENCE

BUILD = os.environ.get("ESP32_BUILD")  # its folder; None: there is none

# What `idf.py qemu` gives the chips: options, octets of the fuses and those that are set, the chip's
# revision, and the name of their device. Unlike there the watchdogs run.
_OPTIONS = {"esp32": ["-m", "4M"], "esp32c3": [], "esp32s3": []}
_FUSES = {"esp32": (124, {13: 0x80, 22: 0x10}), "esp32c3": (1024, {38: 0x0C}), "esp32s3": (1024, {38: 0x0C})}
_FUSES_DEVICE = {"esp32": "esp32", "esp32c3": "esp32c3", "esp32s3": "esp32c3"}

# The board's clock counts instructions, of 8 ns each: while a busy host has no time for the board, its clock
# stands still with it, and no watchdog takes it for dead.
_CLOCK = ["-icount", "3"]

_PROMPT = b">>> "
_CHUNK, _PAUSE = 32, 0.02  # octets and s: MicroPython's buffer for its UART has 260, and no flow control

_DUMP = 8  # times Ctrl-C, see host_tests/esp32/tasks.c
_DUMP_TIME = 5  # s

# How it is connected: by QEMU's Ethernet, see host_tests/esp32/openeth.c, or by the Wi-Fi of an emulator that
# has one, with its access point.
_ETHERNET = "open_eth"
_LAN = "nic = network.LAN(phy_type=network.PHY_W5500, phy_addr=1); nic.config(mac=bytes.fromhex({mac!r}))"
_WLAN = "nic = network.WLAN(); nic.active(True); nic.connect('Espressif')"


class _Paced:
    """A stream to the board's UART, not faster than MicroPython reads it."""

    def __init__(self, stream):
        self._stream = stream
        self.flush, self.close = stream.flush, stream.close

    def write(self, text):
        for start in range(0, len(text), _CHUNK):
            self._stream.write(text[start : start + _CHUNK])
            self._stream.flush()
            time.sleep(_PAUSE)


class Esp32Board(QemuBoard):
    """Told the agent by the raw REPL of its UART. The cable is pulled by the emulator."""

    CABLE_SEEN = PATIENCE  # it looks every 2 s
    LEASED = "(nic.ipconfig('dhcp4') and nic.ifconfig()[0].startswith('10.'))"  # it has no has_dhcp4
    CRASHES = ("Guru Meditation Error", "assert failed", "abort() was called", "CORRUPT HEAP", "rst:0x")

    def __init__(self, *args, **options):
        self._pulled = 0  # when, in s since 1970
        with tempfile.TemporaryDirectory() as self._memory:  # QEMU has opened what is in it
            super().__init__(*args, **options)

    def _start(self, sanitize):
        chip, model = os.environ["ESP32_CHIP"], os.environ.get("NIC", _ETHERNET)
        machine = [os.environ["QEMU"], "-machine", chip, *_OPTIONS[chip], *_CLOCK, *self._memories(chip)]
        self._qemu = Qemu(
            self._wire,
            self.tap,
            self.mac,
            "stdio,signal=off",
            machine,
            model,
            errors="replace",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # QEMU tells there what memories it has
        )
        self._errors.touch()
        process = self._qemu.process
        self._wait_for_prompt(process.stdout.fileno())
        process.stdin = _Paced(process.stdin)
        connect = _LAN.format(mac=self.mac.replace(":", "")) if model == _ETHERNET else _WLAN
        self.AGENT = f"import _tasks, network\n_tasks.watch()\n{connect}\nnic.active(True)\n{QemuBoard.AGENT}"
        self._begin(process.stdin, ENTER_RAW_REPL)
        return process

    def set_link(self, up):
        """Its driver looks every 2 s of the board's clock, which is slow on a busy host."""
        if not up:
            self._pulled = time.time()
        super().set_link(up)
        if up:
            self.outages.append(Outage(time.time(), self._pulled, self.mac))

    def _where(self):
        """The registers. The board prints its tasks too, which needs no answer of MicroPython."""
        self._process.stdin.write("\x03" * _DUMP)
        time.sleep(_DUMP_TIME)
        return f", whose end has the tasks{super()._where()}"

    def _memories(self, chip):
        """QEMU's options for the board's own flash, with the firmware, and its fuses."""
        build = pathlib.Path(BUILD)
        settings = (build / "sdkconfig").read_text()
        megabytes = re.search(r'^CONFIG_ESPTOOLPY_FLASHSIZE="(\d+)MB"', settings, re.MULTILINE)[1]
        offset = re.search(r"^CONFIG_BOOTLOADER_OFFSET_IN_FLASH=(\w+)", settings, re.MULTILINE)[1]
        flash = bytearray(b"\xff" * (int(megabytes) << 20))
        offset = int(offset, 16)
        firmware = (build / "firmware.bin").read_bytes()
        flash[offset : offset + len(firmware)] = firmware
        length, fuses = _FUSES[chip]
        files = {"flash": flash, "fuses": bytes(fuses.get(octet, 0) for octet in range(length))}
        paths = {name: os.path.join(self._memory, name) for name in files}
        for name, content in files.items():
            pathlib.Path(paths[name]).write_bytes(content)
        return [
            *("-drive", f"file={paths['flash']},if=mtd,format=raw"),
            *("-drive", f"file={paths['fuses']},if=none,format=raw,id=fuses"),
            *("-global", f"driver=nvram.{_FUSES_DEVICE[chip]}.efuse,property=drive,value=fuses"),
        ]

    def _wait_for_prompt(self, stdout):
        """The board has started, and made its file system."""
        told, deadline = b"", time.monotonic() + 2 * PATIENCE
        while not told.endswith(_PROMPT):
            ready, _, _ = select.select([stdout], [], [], max(0, deadline - time.monotonic()))
            more = os.read(stdout, 4096) if ready else b""
            told += more
            self.log.write_bytes(told)
            assert more, f"the board does not start, see {self.log}"
