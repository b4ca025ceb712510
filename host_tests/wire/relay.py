# SPDX-License-Identifier: MIT
"""A link that loses, delays, repeats and reorders frames, and that splits and merges. It connects bridges,
so that they are one wire.

A thread does the work of netem, because not every kernel has netem.
"""

import heapq
import itertools
import random
import select
import socket
import threading
import time

_FRAME_MAX = 65536
_IDLE = 0.05  # s


class Relay:
    """Until close(), forwards each frame that enters one of the bridges to the other bridges.

    loss, repeats: percent of the deliveries that are lost or repeated. delay: the longest delay in s. side:
    bridges with different numbers receive nothing from each other. on_frame: called with each frame that
    enters a bridge.
    """

    def __init__(self, wire, bridges, on_frame):
        self.loss = self.repeats = self.delay = 0
        self.side = dict.fromkeys(bridges, 0)
        self.chance = random.Random(1)
        self._wire = wire
        self._bridges = bridges
        self._on_frame = on_frame
        self._waiting = []  # heap of (time, number, frame, bridge)
        self._numbers = itertools.count()
        self._socket = wire.listen()
        self._ended = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._ended = True
        self._thread.join()
        self._socket.close()

    def perfect(self):
        """From now on, deliver every frame once, in order and without a delay."""
        self.loss = self.repeats = self.delay = 0
        self.side = dict.fromkeys(self._bridges, 0)

    def _run(self):
        while not self._ended:
            if select.select([self._socket], [], [], self._until_next())[0]:
                self._take()
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, frame, bridge = heapq.heappop(self._waiting)
                self._wire.send(frame, bridge)

    def _until_next(self):
        return max(self._waiting[0][0] - time.monotonic(), 0) if self._waiting else _IDLE

    def _take(self):
        frame, (device, _, kind, *_) = self._socket.recvfrom(_FRAME_MAX)
        source = next((each for each in self._bridges if self._wire.passes(device, False, each)), None)
        if kind == socket.PACKET_OUTGOING or source is None:
            return
        for bridge in self._bridges:
            if bridge != source and self.side[bridge] == self.side[source]:
                self._deliver(frame, bridge)
        self._on_frame(frame)

    def _deliver(self, frame, bridge):
        for _ in range(1 + self._happens(self.repeats)):
            if not self._happens(self.loss):
                due = time.monotonic() + self.chance.uniform(0, self.delay)
                heapq.heappush(self._waiting, (due, next(self._numbers), frame, bridge))

    def _happens(self, percent):
        return self.chance.random() * 100 < percent
