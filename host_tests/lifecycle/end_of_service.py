# SPDX-License-Identifier: MIT
"""Runs on the board: starts a service, ends it, and runs once more after a soft reset.

Arguments: TAP device, situation (see start_service()), end ("soft reset", "removal" or "exception"), the
address of lwIP's list of interfaces in the program, and the offsets of `next` and `name` in struct netif.

show() prints a line with the state and the address of the interface, and the names of all interfaces in lwIP.
Then it waits for a line of input. It is called while the service runs, after the removal of the interface,
and after the soft reset.
"""

import os
import sys

import autoip
import machine
import network
import uctypes

ADDRESS = "169.254.20.20"
OPTIONS = {"old": {"old": True}, "old and force": {"old": True, "force": True}}


def program_base():
    with open("/proc/self/maps") as maps:
        for line in maps:
            if "micropython" in line:
                return int(line.split("-")[0], 16)


def pointer(place):
    return int.from_bytes(uctypes.bytes_at(place, 8), "little")


def interfaces():
    """The names in lwIP's list of interfaces."""
    netif = pointer(program_base() + int(netif_list))
    names = []
    while netif:
        names.append(uctypes.bytes_at(netif + int(name_field), 2).decode())
        netif = pointer(netif + int(next_field))
    return names


def show():
    print(nic.active(), nic.ifconfig()[0], *interfaces())
    sys.stdin.readline()


def start_service(situation):
    """Start a service on an interface with a static address, with a lease, or with neither of them."""
    if situation == "static":
        nic.ifconfig(("10.0.0.99", "255.255.255.0", "10.0.0.1", "0.0.0.0"))
    elif situation != "link-local":
        while not nic.ipconfig("has_dhcp4"):
            machine.idle()
    svc = autoip.start(nic, ip=ADDRESS, delay=1, **OPTIONS.get(situation, {}))
    if situation != "old":
        svc.wait(30000)


tap, situation, how, netif_list, next_field, name_field = sys.argv[1:]
nic = network.LAN(tap, mac=b"\x28\xcd\xc1\x0a\x0b\x0c")
if not os.getenv("AFTER_RESET"):
    os.putenv("AFTER_RESET", "1")
    nic.active(True)
    start_service(situation)
    show()
    if how == "exception":
        raise RuntimeError("user code")
    if how == "removal":
        nic.deinit()
        show()
    machine.soft_reset()
show()
