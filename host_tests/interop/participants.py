# SPDX-License-Identifier: MIT
"""The participants: boards with autoip, a board with lwIP's own AutoIP, and the daemons of Linux hosts.

A participant is connected to a link when it is created. It starts to claim an address in start().
"""

import contextlib
import ipaddress

from wire.board import Board, QemuBoard, TaskBoard
from wire.peers import AvahiAutoipd, Dhcpcd, Networkd, Zcip

_FIRST = ipaddress.ip_address("169.254.1.0")  # RFC 3927 2.1

# A small agent.py that does not need autoip.
_LWIP_AGENT = """
import json, network, sys
def report(**what):
    sys.stdout.write(json.dumps(what) + "\\n")
nic = network.LAN()
nic.ipconfig(dhcp4=False)
report(event="ready", address=None, state=None)
for line in sys.stdin:
    kind, code = json.loads(line)
    report(answer=eval(code) if kind == "eval" else exec(code))
"""


class AutoipBoard:
    """A board with autoip. make: the class of the board."""

    def __init__(self, make, wire, log, bridge, mac=None, **options):
        self.port = wire.add_tap(bridge)
        self.board = make(wire, log, mac=mac, tap=self.port, **options)
        self.mac = self.board.mac
        self.set_link = self.board.set_link
        self.close = self.board.close
        self.board.run("svc = None")

    def start(self, first=None, **options):
        self.board.start(**({"ip": first} if first else {}), **options)

    @property
    def address(self):
        return self.board.ask("svc and svc.address")

    def stop(self):
        self.board.run("svc.stop()")

    def add_routable(self, address):
        _set_static(self.board, address)


class _LwipBoard(QemuBoard):
    BUILD = "QEMU_MPS2-lwip"
    AGENT = _LWIP_AGENT


class Lwip:
    """A QEMU_MPS2 with lwIP's own AutoIP. Two bytes of its MAC determine the first address that it tries."""

    def __init__(self, wire, log, bridge, first=None, mac="28:cd:c1:0f:00:01"):
        if first:
            number = int(ipaddress.ip_address(first)) - int(_FIRST)
            mac = f"28:cd:c1:0f:{number & 255:02x}:{number >> 8:02x}"
        self.port = wire.add_tap(bridge)
        self._board = _LwipBoard(wire, log, mac=mac, tap=self.port)
        self.mac = mac
        self.set_link = self._board.set_link
        self.close = self._board.close

    def start(self, first=None):
        self._board.run("nic.active(True)")

    @property
    def address(self):
        shown = self._board.ask("nic.ifconfig()[0]")
        return shown if shown.startswith("169.254.") else None

    def add_routable(self, address):
        _set_static(self._board, address)


class Daemon:
    """A Linux host with a daemon from wire.peers. make: the class of the daemon."""

    def __init__(self, make, wire, log, bridge, mac):
        self.host = wire.add_host(None, bridge)
        self.host.set_mac(mac)
        self.port, self.mac = self.host.port, mac
        self._wire, self._make, self._log = wire, make, log
        self._daemon = None

    def start(self, first=None):
        if self._daemon:
            self._daemon.restart()
        else:
            self._daemon = self._make(self.host, self._log, first)

    @property
    def address(self):
        return self._daemon and self._daemon.address

    def set_link(self, up):
        self._wire.set_link(self.port, up)

    def stop(self):
        self._daemon.stop()

    def add_routable(self, address):
        self.host.run("ip", "addr", "add", f"{address}/24", "dev", "eth0")

    def close(self):
        if self._daemon:
            self._daemon.close()


_BOARDS = {
    "UNIX_TAP": (Board, {"sanitize": False}),
    "QEMU_MPS2": (QemuBoard, {}),
    "UNIX_TASK": (TaskBoard, {}),
}
_DAEMONS = {
    "avahi-autoipd": AvahiAutoipd,
    "dhcpcd": Dhcpcd,
    "systemd-networkd": Networkd,
    "busybox zcip": Zcip,
}
BOARDS = tuple(_BOARDS)
PEERS = (*_DAEMONS, "lwIP AutoIP")


def make(name, wire, folder, bridge="br0", first=None, number=0):
    """Create the participant with a name. first: the address that it tries first. Only lwIP uses it, to
    choose a MAC with this address. number: different for each participant with the same name.
    """
    log = folder / f"{name.replace(' ', '-')}{number or ''}.log"
    if name in _BOARDS:
        kind, options = _BOARDS[name]
        mac = f"28:cd:c1:00:{_octet(name)}:{number:02x}"
        return AutoipBoard(kind, wire, log, bridge, mac, **options)
    if name == "lwIP AutoIP":
        return Lwip(wire, log, bridge, first, f"28:cd:c1:0f:{17 * number + 1:02x}:{17 * number + 1:02x}")
    return Daemon(_DAEMONS[name], wire, log, bridge, f"28:cd:c1:0a:{_octet(name)}:{number:02x}")


def _set_static(board, address):
    board.run(f"nic.ifconfig(({address!r}, '255.255.255.0', '0.0.0.0', '0.0.0.0'))")


def _octet(name):
    return f"{(*_BOARDS, *_DAEMONS).index(name) + 1:02x}"


def first_choice_of_dhcpcd(wire, folder):
    """The address that all participants try to claim: dhcpcd has no option for its first address."""
    with contextlib.closing(make("dhcpcd", wire, folder)) as daemon:
        daemon.start()
        return daemon._daemon.wait()
