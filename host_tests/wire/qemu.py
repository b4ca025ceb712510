# SPDX-License-Identifier: MIT
"""The emulator of the QEMU_MPS2 boards, and the connection to its monitor."""

import json
import pathlib
import socket
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def mps2(build="QEMU_MPS2"):
    """Returns the command that starts a QEMU_MPS2. build: the directory in build/ that contains the
    firmware.
    """
    return ["qemu-system-arm", "-M", "mps2-an385", "-kernel", ROOT / "build" / build / "firmware.elf"]


class Qemu:
    """Runs a machine on a TAP device in a QEMU process. The machine does not run until resume().

    output: the file for QEMU's own messages. machine: the command, without the options that all machines
    share. model: the model of its network card. serial: more options for the serial port.

    `port` is the pseudo-terminal of the serial port. Open it before resume(), because QEMU checks only once
    per second whether the pseudo-terminal is open.
    """

    def __init__(self, wire, tap, mac, output, machine, model="lan9118", serial=""):
        self._nic = f"{model}.0"
        ours, theirs = socket.socketpair()
        with theirs, open(output, "wb") as printed:
            command = [
                *machine,
                *("-S", "-display", "none"),
                *("-nic", f"tap,ifname={tap},script=no,downscript=no,model={model},mac={mac}"),
                *("-chardev", f"pty,id=serial{serial}", "-serial", "chardev:serial"),
                *("-chardev", f"socket,id=monitor,fd={theirs.fileno()}", "-mon", "monitor,mode=control"),
            ]
            self.process = wire.namespace.popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=printed,
            )
        with ours:
            self._monitor = ours.makefile("rw")
        self.execute("qmp_capabilities")
        ports = {port["label"]: port["filename"] for port in self.execute("query-chardev")}
        self.port = ports["serial"].removeprefix("pty:")

    def resume(self):
        self.execute("cont")

    def execute(self, command, **arguments):
        """Send a command of QEMU's machine protocol, and return the answer. Raises ConnectionError if
        QEMU has ended.
        """
        self._monitor.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self._monitor.flush()
        for line in self._monitor:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            assert "error" not in answer, answer
        raise ConnectionError("QEMU is gone")

    def set_link(self, up):
        """Pull the cable, or plug it in again."""
        self.execute("set_link", name=self._nic, up=up)

    def memory(self, address, size):
        """Bytes of the machine's memory."""
        with tempfile.NamedTemporaryFile() as file:
            self.execute("pmemsave", val=address, size=size, filename=file.name)
            return file.read()

    def quit(self):
        self.execute("quit")
        self._monitor.close()
