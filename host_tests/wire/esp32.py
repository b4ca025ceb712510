# SPDX-License-Identifier: MIT
"""An ESP32 board in QEMU. `make test-board BOARD=ESP32_GENERIC...` builds its firmware."""

import os
import pathlib
import re
import tempfile
import time

from .board import QemuBoard
from .checker import Outage
from .qemu import Qemu
from .raw_repl import RawRepl
from .waiting import PATIENCE

BUILD = os.environ.get("ESP32_BUILD")  # the directory of the firmware, or None

# The settings of `idf.py qemu` for each chip: options, the size of the eFuses in bytes and the bytes that are
# not zero (the chip's revision), and the name of the eFuse device. `idf.py qemu` disables the watchdogs, but
# the tests don't.
_OPTIONS = {"esp32": ["-m", "4M"], "esp32c3": [], "esp32s3": []}
_FUSES = {"esp32": (124, {13: 0x80, 22: 0x10}), "esp32c3": (1024, {38: 0x0C}), "esp32s3": (1024, {38: 0x0C})}
_FUSES_DEVICE = {"esp32": "esp32", "esp32c3": "esp32c3", "esp32s3": "esp32c3"}

# The board's clock counts instructions of 8 ns each. While a busy host has no time for the board, the board's
# clock stops, too, so no watchdog expires.
_CLOCK = ["-icount", "3"]

_PROMPT = b">>> "

_DUMP = 8  # the number of Ctrl-C after which the board prints its tasks, see host_tests/esp32/tasks.c
_DUMP_TIME = 5  # s

# The board is connected to QEMU's Ethernet, see host_tests/esp32/openeth.c, or to the Wi-Fi access
# point of another emulator.
_ETHERNET = "open_eth"
_LAN = "nic = network.LAN(phy_type=network.PHY_W5500, phy_addr=1); nic.config(mac=bytes.fromhex({mac!r}))"
_WLAN = "nic = network.WLAN(); nic.active(True); nic.connect('Espressif')"


class Esp32Board(QemuBoard):
    """The raw REPL is on the UART. The emulator pulls the cable."""

    PACE = 32, 0.02  # the UART has no flow control, and MicroPython's buffer for it has 260 bytes
    CABLE_SEEN = PATIENCE  # the driver checks every 2 s
    LEASED = "(nic.ipconfig('dhcp4') and nic.ifconfig()[0].startswith('10.'))"  # esp32 has no has_dhcp4
    CRASHES = ("Guru Meditation Error", "assert failed", "abort() was called", "CORRUPT HEAP", "rst:0x")

    def __init__(self, *args, **options):
        self._pulled = 0  # when the cable was pulled, in s since 1970
        with tempfile.TemporaryDirectory() as self._memory:  # QEMU opens the files in it
            super().__init__(*args, **options)

    def _launch(self):
        chip, model = os.environ["ESP32_CHIP"], os.environ.get("NIC", _ETHERNET)
        machine = [os.environ["QEMU"], "-machine", chip, *_OPTIONS[chip], *_CLOCK, *self._memories(chip)]
        self._errors.touch()
        # QEMU prints which memories it uses. This output is not an error, so it has its own file.
        output = self.log.with_suffix(".qemu")
        self._qemu = Qemu(self._wire, self.tap, self.mac, output, machine, model)
        self._repl = RawRepl(self._qemu.port, self.TIMEOUT, self.PACE)
        self._qemu.resume()
        connect = _LAN.format(mac=self.mac.replace(":", "")) if model == _ETHERNET else _WLAN
        self.AGENT = f"import _tasks, network\n_tasks.watch()\n{connect}\nnic.active(True)\n{QemuBoard.AGENT}"
        return self._qemu.process

    def _start_agent(self):
        """Wait until the board has started and has created its file system."""
        self._repl.wait_for(_PROMPT, 2 * PATIENCE)
        super()._start_agent()

    def set_link(self, up):
        """The driver checks the cable every 2 s of the board's clock, which is slow on a busy host."""
        if not up:
            self._pulled = time.time()
        super().set_link(up)
        if up:
            self.outages.append(Outage(time.time(), self._pulled, self.mac))

    def _where(self):
        """The registers. The board also prints its tasks, which works even if MicroPython does not answer."""
        self._repl.write("\x03" * _DUMP)
        time.sleep(_DUMP_TIME)
        return f", which ends with the tasks{super()._where()}"

    def _memories(self, chip):
        """QEMU's options for the board's flash, which contains the firmware, and its eFuses."""
        build = pathlib.Path(BUILD)
        settings = (build / "sdkconfig").read_text()
        megabytes = re.search(r'^CONFIG_ESPTOOLPY_FLASHSIZE="(\d+)MB"', settings, re.MULTILINE)[1]
        offset = re.search(r"^CONFIG_BOOTLOADER_OFFSET_IN_FLASH=(\w+)", settings, re.MULTILINE)[1]
        flash = bytearray(b"\xff" * (int(megabytes) << 20))
        offset = int(offset, 16)
        firmware = (build / "firmware.bin").read_bytes()
        flash[offset : offset + len(firmware)] = firmware
        length, fuses = _FUSES[chip]
        files = {"flash": flash, "fuses": bytes(fuses.get(index, 0) for index in range(length))}
        paths = {name: os.path.join(self._memory, name) for name in files}
        for name, content in files.items():
            pathlib.Path(paths[name]).write_bytes(content)
        return [
            *("-drive", f"file={paths['flash']},if=mtd,format=raw"),
            *("-drive", f"file={paths['fuses']},if=none,format=raw,id=fuses"),
            *("-global", f"driver=nvram.{_FUSES_DEVICE[chip]}.efuse,property=drive,value=fuses"),
        ]
