# SPDX-License-Identifier: MIT
"""Runs on the board: a service in some situation, its end, and the time after the following soft reset.

Arguments: TAP device, situation, end, the address of lwIP's list of interfaces in the program, and the
offsets of `next` and `name` in struct netif. A line shows the address of the interface and the interfaces in
lwIP: while the service runs, after a removal, and after the soft reset. Each line waits for a line of input.
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
    """The names in lwIP's list."""
    netif = pointer(program_base() + int(netif_list))
    names = []
    while netif:
        names.append(uctypes.bytes_at(netif + int(name_field), 2).decode())
        netif = pointer(netif + int(next_field))
    return names


def show():
    print(nic.active(), nic.ifconfig()[0], *interfaces())
    sys.stdin.readline()


def live(situation):
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
if not os.getenv("SECOND"):
    os.putenv("SECOND", "1")
    nic.active(True)
    live(situation)
    show()
    if how == "exception":
        raise RuntimeError("user code")
    if how == "removal":
        nic.deinit()
        show()
    machine.soft_reset()
show()
