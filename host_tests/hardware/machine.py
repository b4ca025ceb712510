# SPDX-License-Identifier: MIT
"""A simulated machine in a network namespace. A board is on its serial port and its network card."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from wire.namespace import Namespace
from wire.qemu import ROOT
from wire.waiting import wait_until

CARD = "usb0"
ADDRESS = "10.9.8.7"
MAC = "28:cd:c1:00:00:42"
_HERE = pathlib.Path(__file__).parent
_FIRMWARE = ROOT / "build" / "QEMU_MPS2" / "firmware.elf"
# A new network namespace has its own /sys.
_WITH_SYS = ["unshare", "--mount", "sh", "-ec", 'mount -t sysfs sysfs /sys; exec "$@"', "sh"]


class Machine:
    """A machine that runs until close(). folder: the directory for the files of a run."""

    def __init__(self, folder):
        self.folder = folder
        self.namespace = Namespace()
        self._boards = []
        self._ip("link set lo up")

    def set_up_card(self):
        """Give the network card of the first board an address and a route."""
        self._ip(f"link set {CARD} up", f"address add {ADDRESS}/24 dev {CARD}")
        self._ip("route add 10.77.0.0/16 via 10.9.8.1")

    def add_board(self, folder, card, mac):
        """Add a QEMU_MPS2. `card` is the name of the new network card that it is connected to."""
        self._boards.append(self._start("virtual_board.py", folder, card, mac, _FIRMWARE))
        wait_until((folder / "control").exists, "the virtual board does not start")
        wait_until(lambda: card in self.namespace.run("ip", "link"), "QEMU makes no TAP device")
        self._ip(f"link set {card} up")

    def add_switch(self, card, *cards):
        """Add a switch and a new network card, `card`. The switch connects the new card with `cards`."""
        self._ip(
            "link add switch type bridge forward_delay 0", f"link add {card} type veth peer name {card}-end"
        )
        for each in (*cards, f"{card}-end"):
            self._ip(f"link set {each} master switch up")
        self._ip("link set switch up", f"link set {card} up")

    def cause(self, event):
        """Make an event happen to the board. virtual_board.py lists the events."""
        with open(self.folder / "control", "w") as control:
            control.write(event + "\n")

    def start_target(self, *options, **environment):
        """Start the program that make test-hardware runs. options: options of pytest. environment: replaces
        the variables of the QEMU_MPS2.
        """
        settings = {
            "BOARD": "QEMU_MPS2",
            "PORT": f"{self.folder}/tty",
            "NIC": CARD,
            "IMAGE": str(_FIRMWARE),
            "LINK_CMD": f"sh -c 'echo link $0 >{self.folder}/control'",
            "HARDWARE_FOLDER": str(self.folder),
            "CAPTURES": str(self.folder / "captures"),
            "PYTHONPATH": f"{ROOT}/host_tests:{ROOT}",
            **environment,
        }
        return self._start("run.py", *options, env=os.environ | settings)

    def network(self):
        """The network of the machine: the state of its devices, their addresses, and the routes."""
        devices = json.loads(self.namespace.run("ip", "-json", "address"))
        shown = [(each["ifname"], "UP" in each["flags"], _addresses(each)) for each in devices]
        return shown, self.namespace.run("ip", "route")

    def processes(self):
        """The command lines of the processes of a run."""
        mark = f"HARDWARE_FOLDER={self.folder}\0".encode()
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:  # it has ended
                pass
        return found

    def report(self):
        (path,) = self.folder.glob("*.json")
        return json.loads(path.read_text())

    def close(self):
        for board in self._boards:
            board.kill()
            board.wait()
        self.namespace.close()

    def _ip(self, *commands):
        for command in commands:
            self.namespace.run("ip", *command.split())

    def _start(self, program, *arguments, **options):
        log = open(self.folder / f"{program}.log", "w")
        with log:
            command = [*_WITH_SYS, sys.executable, _HERE / program, *arguments]
            return self.namespace.popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options
            )


def is_built():
    return _FIRMWARE.exists() and shutil.which("qemu-system-arm")


def _addresses(device):
    return [(each["local"], each["prefixlen"]) for each in device["addr_info"]]
