# SPDX-License-Identifier: MIT
"""Every frame on a bridge, once: decoded in memory, and as a pcap file."""

import select
import socket
import threading
import time

from scapy.utils import PcapWriter

from .frames import Frame
from .waiting import PATIENCE

_SO_TIMESTAMPNS = 35
_SO_RCVBUFFORCE = 33
_FRAME_MAX = 65536
_PCAP_ETHERNET = 1
_QUIET = 0.1  # s without a frame after which close() ends the capture


class Capture:
    """Captures frames until close(). `frames` is in the order of arrival. The times are from the kernel."""

    def __init__(self, wire, path, bridge="br0"):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.frames = []
        self._arrived = threading.Condition()
        self._closing = False
        self._writer = PcapWriter(str(path), linktype=_PCAP_ETHERNET)
        self._writer.write_header(None)
        self._wire = wire
        self._bridge = bridge
        self._socket = wire.listen()
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 1 << 24)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self):
        self._closing = True
        self._thread.join()
        self._socket.close()
        self._writer.close()

    def since(self, after=0):
        """The frames later than `after` (s since 1970), up to the last one on the wire."""
        self._catch_up()
        with self._arrived:
            return [frame for frame in self.frames if frame.time > after]

    def select(self, predicate, after=0):
        """The frames later than `after` for which the predicate is true."""
        return [frame for frame in self.since(after) if predicate(frame)]

    def arps_of(self, mac, kind, after=0):
        """The ARP frames that the host with this MAC sent itself, by kind."""
        return self.select(lambda f: not f.injected and f.source == mac and f.kind == kind, after)

    def probes_of(self, mac, after=0):
        return self.arps_of(mac, "probe", after)

    def announcements_of(self, mac, after=0):
        return self.arps_of(mac, "announcement", after)

    def wait_for(self, predicate, timeout=PATIENCE, after=0):
        """Wait for the first frame later than `after` for which the predicate is true, and return it."""
        deadline = time.monotonic() + timeout
        seen = 0
        while True:
            with self._arrived:
                self._arrived.wait_for(lambda: len(self.frames) > seen, deadline - time.monotonic())  # noqa: B023
                frames = self.frames[seen:]
            for frame in frames:
                if frame.time > after and predicate(frame):
                    return frame
            seen += len(frames)
            if time.monotonic() >= deadline:
                raise TimeoutError(f"no such frame within {timeout} s, see {self.path}")

    def wait_for_several(self, predicate, count, after=0):
        """Wait for the first `count` frames later than `after` for which the predicate is true, and return
        them.
        """
        found = []
        for _ in range(count):
            found.append(self.wait_for(predicate, after=found[-1].time if found else after))
        return found

    def _catch_up(self):
        # The reader reads a frame and stores it while it holds the lock, so every frame is either in the
        # socket or stored.
        now = time.time()
        while True:
            with self._arrived:
                if not self._is_waiting(0) or (self.frames and self.frames[-1].time > now):
                    return
            time.sleep(0.001)

    def _is_waiting(self, timeout):
        """Is there a frame in the socket?"""
        return self._socket.fileno() >= 0 and select.select([self._socket], [], [], timeout)[0]

    def _read(self):
        while self._is_waiting(_QUIET) or not self._closing:
            with self._arrived:
                if self._is_waiting(0):
                    self._take()

    def _take(self):
        raw, ancillary, _, (device, _, kind, *_) = self._socket.recvmsg(_FRAME_MAX, 64)
        outgoing = kind == socket.PACKET_OUTGOING
        if self._wire.passes(device, outgoing, self._bridge):
            # Only the adversary sends with the bridge device itself.
            self._keep(raw, _timestamp(ancillary), outgoing)

    def _keep(self, raw, at, injected):
        seconds, nanoseconds = at
        self._writer.write_packet(raw, sec=seconds, usec=nanoseconds // 1000)
        self.frames.append(Frame(seconds + nanoseconds / 1e9, raw, injected))
        self._arrived.notify_all()


def _timestamp(ancillary):
    data = next(data for _, kind, data in ancillary if kind == _SO_TIMESTAMPNS)
    return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:16], "little")
