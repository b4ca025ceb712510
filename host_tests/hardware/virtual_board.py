# SPDX-License-Identifier: MIT
"""virtual_board.py DIRECTORY NIC MAC FIRMWARE: emulates a board with a serial port and a network cable.

The board is a QEMU_MPS2 with its usual firmware. DIRECTORY/tty is its serial port. Its cable ends in NIC, a
TAP device that exists while this program runs. Each line that is written to DIRECTORY/control causes an event
of real boards: "link up", "link down", "reset", "reset while printing" (in the middle of a line), "garbage"
(on the serial port), "unplug" and "plug" (the serial port), "remove card". "quit" ends the program.
"""

import contextlib
import fcntl
import os
import pathlib
import select
import socket
import subprocess
import sys
import tty

from tap import open_tap

_CHUNK = 4096  # bytes
_GARBAGE = b"\xff\x00{\x80\x7f\r\n{]\r\n\x1b[2J" * 8
_START_OF_LINE = b'{"event": "'
_TUNGETDEVNETNS = 0x54E3


class Port:
    """The serial port, as a pseudo-terminal with a name."""

    def __init__(self, name):
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        name.unlink(missing_ok=True)
        name.symlink_to(os.ttyname(self._slave))
        self._name = name

    def unplug(self):
        self._name.unlink()
        os.close(self.master)
        os.close(self._slave)


class Card:
    """A TAP device. QEMU uses its file, too."""

    def __init__(self, name):
        self._name = name
        self.file = open_tap(name)

    def remove(self):
        """Delete the device in its present namespace.

        Closing the file is not enough, because QEMU also has it open.
        """
        namespace = fcntl.ioctl(self.file, _TUNGETDEVNETNS)
        command = ["nsenter", f"--net=/proc/self/fd/{namespace}", "ip", "link", "delete", self._name]
        subprocess.run(command, pass_fds=[namespace], check=True)
        os.close(namespace)


class Board:
    def __init__(self, folder, nic, mac, firmware):
        self._name = folder / "tty"
        self._port = Port(self._name)
        self._card = Card(nic)
        self._serial, theirs = socket.socketpair()
        with theirs:
            command = ["qemu-system-arm", "-M", "mps2-an385", "-kernel", firmware, "-display", "none"]
            command += ["-netdev", f"tap,id=card,fd={self._card.file}"]
            command += ["-net", f"nic,netdev=card,model=lan9118,macaddr={mac}"]
            command += ["-chardev", f"socket,id=serial,fd={theirs.fileno()}", "-serial", "chardev:serial"]
            self._qemu = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command, "-monitor", "stdio"],
                pass_fds=[theirs.fileno(), self._card.file],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
        os.mkfifo(folder / "control")
        self._control = os.open(folder / "control", os.O_RDWR)

    def run(self):
        """Pass data and handle events, until "quit" or until QEMU ends."""
        while True:
            port = self._port and self._port.master
            files = [self._serial, self._control, *([port] if self._port else [])]
            ready, _, _ = select.select(files, [], [])
            if self._serial in ready:
                data = self._serial.recv(_CHUNK)
                if not data:
                    return
                self._print(data)
            if port in ready:
                self._serial.send(os.read(port, _CHUNK))
            if self._control in ready:
                for line in os.read(self._control, _CHUNK).decode().splitlines():
                    if line == "quit":
                        return
                    self._handle(line)

    def _print(self, data):
        if self._port:
            os.write(self._port.master, data)

    def _handle(self, line):
        if line.startswith("link "):
            self._monitor(f"set_link card {'on' if line.endswith('up') else 'off'}")
        elif line == "reset":
            self._monitor("system_reset")
        elif line == "reset while printing":
            self._print(_START_OF_LINE)
            self._monitor("system_reset")
        elif line == "garbage":
            self._print(_GARBAGE)
        elif line == "remove card":
            self._monitor("set_link card off")
            self._card.remove()
        elif line == "unplug":
            self._port.unplug()
            self._port = None
        elif line == "plug":
            self._port = Port(self._name)

    def _monitor(self, command):
        self._qemu.stdin.write(command + "\n")
        self._qemu.stdin.flush()

    def close(self):
        self._qemu.kill()
        self._qemu.wait()


with contextlib.closing(Board(pathlib.Path(sys.argv[1]), *sys.argv[2:])) as board:
    board.run()
