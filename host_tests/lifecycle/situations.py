"""Runs on the board: a life with a service in some situation, how it ends, and the life after it.

Arguments: TAP device, situation, end. The second life prints what the interface shows, and stays for a
ping until its input ends.
"""

import os
import sys

import autoip
import machine
import network

ADDRESS = "169.254.20.20"
OPTIONS = {"old": {"old": True}, "old and force": {"old": True, "force": True}}


def live(situation):
    if situation == "static":
        nic.ifconfig(("10.0.0.99", "255.255.255.0", "10.0.0.1", "0.0.0.0"))
    elif situation != "link-local":
        while not nic.ipconfig("has_dhcp4"):
            machine.idle()
    svc = autoip.start(nic, ip=ADDRESS, delay=1, **OPTIONS.get(situation, {}))
    if situation != "old":
        svc.wait(5000)


def end(how):
    if how == "removal":
        nic.deinit()
    if how == "exception":
        raise RuntimeError("user code")


tap, situation, how = sys.argv[1:]
nic = network.LAN(tap, mac=b"\x28\xcd\xc1\x0a\x0b\x0c")
if not os.getenv("SECOND"):
    os.putenv("SECOND", "1")
    nic.active(True)
    try:
        live(situation)
        end(how)
    finally:
        machine.soft_reset()
print(nic.active(), nic.ifconfig()[0])
sys.stdin.readline()
