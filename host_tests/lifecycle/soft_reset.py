# SPDX-License-Identifier: MIT
"""Runs on the board, and again after each of 100 soft resets. A reset must remove the service's address.

Argument: TAP device. Prints the resident memory in KiB in the tenth and in the last run.
"""

import os
import sys

import autoip
import machine
import network

LIVES = 101

life = int(os.getenv("LIFE") or "1")
os.putenv("LIFE", str(life + 1))

nic = network.LAN(sys.argv[1], mac=b"\x28\xcd\xc1\x0a\x0b\x0c")
if life == 1:
    nic.active(True)
assert nic.active()
assert nic.ifconfig()[0] == "0.0.0.0", nic.ifconfig()

svc = autoip.start(nic, delay=1)
if life % 2:
    svc.wait(30000)
    assert nic.ifconfig()[0] == svc.address

if life in (10, LIVES):
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmRSS")))
if life < LIVES:
    machine.soft_reset()
print("end of life", life)
