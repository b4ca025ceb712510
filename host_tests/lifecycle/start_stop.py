# SPDX-License-Identifier: MIT
"""Runs on the board, and starts and stops 1,000 services.

Arguments: TAP device, offset of the pointer `netif_default` in the program, size of struct netif. Prints the
growth of the heap in bytes, and the contents of the netif before and after the services.
"""

import gc
import sys
import time

import autoip
import network
import uctypes


def program_base():
    with open("/proc/self/maps") as maps:
        for line in maps:
            if "micropython" in line:
                return int(line.split("-")[0], 16)


def service(hold):
    svc = autoip.start(nic, delay=1)
    if hold:
        svc.wait(30000)
        assert nic.ifconfig()[0] == svc.address
    svc.stop()
    assert nic.ifconfig()[0] == "0.0.0.0"


def services(count):
    for i in range(count):
        service(i % 10 == 0)


nic = network.LAN(sys.argv[1], mac=b"\x28\xcd\xc1\x0a\x0b\x0c")
nic.active(True)
time.sleep_ms(3500)  # wait until lwIP's IPv6 code no longer writes to the netif

default = program_base() + int(sys.argv[2])
netif = int.from_bytes(uctypes.bytes_at(default, 8), "little")
size = int(sys.argv[3])

heap = 0
before = uctypes.bytes_at(netif, size)
services(20)
gc.collect()
heap = gc.mem_alloc()
services(1000)
gc.collect()
print(gc.mem_alloc() - heap)
print(before.hex())
print(uctypes.bytes_at(netif, size).hex())
