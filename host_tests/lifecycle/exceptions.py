"""Runs on the board: a life that ends by an exception in the user's code, and the next one."""

import os
import sys

import autoip
import machine
import network

nic = network.LAN(sys.argv[1], mac=b"\x28\xcd\xc1\x0a\x0b\x0c")
if os.getenv("SECOND"):
    print(nic.active(), nic.ifconfig()[0])
else:
    os.putenv("SECOND", "1")
    nic.active(True)
    autoip.start(nic, delay=1).wait(5000)
    try:
        raise RuntimeError("user code")
    finally:
        machine.soft_reset()
