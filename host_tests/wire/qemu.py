# SPDX-License-Identifier: MIT
"""The emulator of the QEMU_MPS2 boards, and the link to its monitor."""

import json
import pathlib
import socket

ROOT = pathlib.Path(__file__).resolve().parents[2]


def mps2(build="QEMU_MPS2"):
    """The command of a QEMU_MPS2 with the firmware of that folder."""
    return ["qemu-system-arm", "-M", "mps2-an385", "-kernel", ROOT / "build" / build / "firmware.elf"]


class Qemu:
    """A machine on a TAP device, as a process.

    serial: where its serial port leads to, in QEMU's words. machine: the command, without what is the same
    for all. model: of its network card. Other arguments are those of Popen().
    """

    def __init__(self, wire, tap, mac, serial, machine, model="lan9118", **streams):
        self._nic = f"{model}.0"
        ours, theirs = socket.socketpair()
        with theirs:
            command = [
                *machine,
                *("-display", "none"),
                *("-nic", f"tap,ifname={tap},script=no,downscript=no,model={model},mac={mac}"),
                *("-chardev", f"{serial},id=serial", "-serial", "chardev:serial"),
                *("-chardev", f"socket,id=monitor,fd={theirs.fileno()}", "-mon", "monitor,mode=control"),
            ]
            self.process = wire.namespace.popen(command, pass_fds=[theirs.fileno()], text=True, **streams)
        with ours:
            self._monitor = ours.makefile("rw")
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        """A command of QEMU's machine protocol; returns the answer. ConnectionError if QEMU is gone."""
        self._monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._monitor.flush()
        for line in self._monitor:
            told = json.loads(line)
            if "return" in told:
                return told["return"]
            assert "error" not in told, told
        raise ConnectionError("QEMU is gone")

    def set_link(self, up):
        """Pull the cable, or put it back."""
        self.execute("set_link", name=self._nic, up=up)

    def quit(self):
        self.execute("quit")
        self._monitor.close()
