# SPDX-License-Identifier: MIT
"""guard.py NIC: moves a network card into a new network namespace, and returns the card at the end.

Prints the path of the namespace, and waits until its standard input ends. The kernel closes the standard
input if the tests are killed. This process stays in the card's original namespace. It runs in its own
session, so Ctrl-C does not reach it. At the end it restores the card's addresses, the routes of the main
table, the card's bridge, and its state, up or down.
"""

import os
import pathlib
import signal
import subprocess
import sys

from wire.namespace import Namespace

SYS = pathlib.Path("/sys/class/net")
_STATES = ("linkdown", "dead")  # flags of a route that `ip route replace` does not accept
_LOST_MESSAGE = "{nic} has been unplugged, so it is not in the namespace any more"


class Card:
    """A network card, and the settings that it loses when it leaves the namespace of this process."""

    def __init__(self, nic):
        self.nic = nic
        self._up = "UP" in _ip("link", "show", nic).decode().split(">")[0].split("<")[1].split(",")
        # The kernel itself creates IPv6 addresses with link scope.
        saved = ["-4", "address", "save"], ["-6", "address", "save", "scope", "global"]
        self._addresses = [_ip(*command, "dev", nic) for command in saved]
        self._routes = [[version, *route] for version in ("-4", "-6") for route in _routes(version, nic)]
        bridge = SYS / nic / "master"
        self._bridge = bridge.resolve().name if bridge.exists() else None
        phy = SYS / nic / "phy80211"
        self.phy = phy.resolve().name if phy.exists() else None

    def lend(self, namespace):
        """Move the card into the namespace. For Wi-Fi, iw moves the radio to the namespace of a process."""
        if self.phy:
            resident = namespace.popen(["sleep", "infinity"])
            try:
                _run("iw", "phy", self.phy, "set", "netns", str(resident.pid))
            finally:
                resident.kill()
                resident.wait()
        else:
            _ip("link", "set", self.nic, "netns", path(namespace))

    def bring_back(self, namespace):
        """Move the card back and restore its settings."""
        here = str(os.getpid())
        there = "nsenter", f"--net={path(namespace)}"
        if self.phy:
            _run(*there, "iw", "phy", self.phy, "set", "netns", here)
        else:
            _run(*there, "ip", "link", "set", self.nic, "netns", here)
        if self._bridge:
            _ip("link", "set", self.nic, "master", self._bridge)
        if self._up:
            _ip("link", "set", self.nic, "up")
        for addresses in self._addresses:
            _ip("address", "restore", given=addresses, stderr=subprocess.DEVNULL)  # some exist already
        for version, *route in self._routes:
            _ip(version, "route", "replace", *route, "dev", self.nic)


def _routes(version, nic):
    """The routes of the main table through the card, except the routes that the kernel itself creates.

    A route to a link comes before a route through a host on that link.
    """
    lines = _ip(version, "route", "show", "dev", nic).decode().splitlines()
    routes = [[word for word in line.split() if word not in _STATES] for line in lines]
    ours = [route for route in routes if not {"kernel", "ra"} & set(route)]
    return sorted(ours, key=lambda route: "via" in route)


def path(namespace):
    """A path with which other processes can open the namespace while this process runs."""
    return f"/proc/{os.getpid()}/fd/{namespace.fd}"


def _ip(*arguments, **options):
    return _run("ip", *arguments, **options)


def _run(*command, given=None, **options):
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, **options).stdout


def main(nic):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    namespace = Namespace()
    card = Card(nic)
    card.lend(namespace)
    try:
        print(path(namespace), flush=True)
        sys.stdin.read()
    finally:
        there = ["nsenter", f"--net={path(namespace)}", "ip", "link", "show", nic]
        if subprocess.run(there, capture_output=True).returncode != 0:
            sys.exit(_LOST_MESSAGE.format(nic=nic))
        card.bring_back(namespace)


main(sys.argv[1])
