# SPDX-License-Identifier: MIT
"""The heap that a board's service uses while it works, measured on the board, during a storm of frames."""

import threading
import time

from scapy.layers.l2 import ARP

from .frames import announcement, request

ON_BOARD = """
import gc, micropython, time

def heap_taken_until(done, locked=False):
    global began
    began = time.ticks_ms()
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    if locked:
        micropython.heap_lock()
    while not done():
        time.sleep_ms(1)
    if locked:
        micropython.heap_unlock()
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken
"""

# count(name): a counter of the service `svc`. stats() would allocate memory.
COUNT = """
counts = svc._machine.counts
from autoip.acd import COUNTERS as counters

def count(name):
    return counts[counters.index(name)]
"""

# A condition for heap_taken_until().
A_SECOND_LATER = "time.ticks_diff(time.ticks_ms(), began) > 1000"

_LIMIT = 200  # s; a storm takes about 10 s on a machine that is not busy
_RARP = 3
_HOSTS = ("169.254.7.9", "169.254.7.8")


class Storm:
    """Sends ARP frames during the `with`. Every other frame is malformed and has the address as its sender
    address, so autoip's C module (link.c) counts it as malformed. The rest of the frames ask for the address,
    or are about other hosts.

    send: a function that sends a frame to the board.
    """

    def __init__(self, send, address):
        claim = announcement(address)
        claim[ARP].op = _RARP
        frames = claim, request(_HOSTS[0], address), claim, request(*_HOSTS)
        self._frames = [bytes(frame) for frame in frames]
        self._send = send
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *exception):
        self._ended.set()
        self._thread.join()

    def _run(self):
        deadline = time.monotonic() + _LIMIT
        while not self._ended.is_set() and time.monotonic() < deadline:
            for frame in self._frames:
                self._send(frame)
            time.sleep(0.001)
