"""The link contract of autoip.service over a Linux packet socket: the same Python on a Linux host.

For the tests: it takes what it is asked for from the kernel, and lets the time pass in run(ms).
"""

import selectors
import socket
import time

from pyroute2 import IPRoute
from pyroute2.netlink.rtnl import RTMGRP_LINK

_ETH_P_ARP = 0x0806
_IFF_RUNNING = 0x40
_QUEUE = 2
_FRAME = 42
_SPA = slice(28, 32)
_TPA = slice(38, 42)


class PacketLink:
    """eth0 of a host."""

    def __init__(self, host, interface="eth0"):
        self.name = interface
        self.drops = 0
        self.on_wake = None
        self._is_open = True
        self._watched = self._assigned = -1
        self._length = 0
        self._queue = []
        self._wake_at = None
        self._went_down = False
        with host.namespace.inside():
            self._route, self._events = IPRoute(), IPRoute()
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((interface, _ETH_P_ARP))
        self._socket.setblocking(False)
        self._index = self._route.link_lookup(ifname=interface)[0]
        self.mac = bytes.fromhex(host.mac.replace(":", ""))
        self._events.bind(groups=RTMGRP_LINK)
        self._ran = self._is_running()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ, self._take_frame)
        self._selector.register(self._events, selectors.EVENT_READ, self._take_event)

    def run(self, ms):
        """Let `ms` pass, with what happens in it."""
        end = time.monotonic() + ms / 1000
        while self._is_open:
            due = self._wake_at is not None and self._wake_at <= time.monotonic()
            if due:
                self._wake_at = None
            if due or self._take():
                if self.on_wake:
                    self.on_wake()
            if time.monotonic() >= end:
                return

    # The contract

    @property
    def status(self):
        if self._went_down or not self._is_running():
            return 0
        return 2 if any(address != _text(self._assigned) for address in self._addresses()) else 1

    def watch(self, host):
        self._watched = host
        if host < 0:
            self._went_down = False

    def receive(self, buffer):
        if not self._queue:
            return 0
        buffer[:] = self._queue.pop(0)
        return _FRAME

    def is_claimed(self, frame):
        claimed = socket.inet_ntoa(bytes(frame[_SPA]))
        return claimed != _text(self._assigned) and claimed in self._addresses()

    def send(self, frame):
        try:
            return self._socket.send(frame) == len(frame)
        except OSError:
            return False

    def wake(self, ms):
        self._wake_at = None if ms < 0 else time.monotonic() + ms / 1000

    def assign(self, host, narrow):
        self.release()
        self._assigned, self._length = host, 32 if narrow else 16
        self._change("add")

    def release(self):
        if self._assigned >= 0:
            self._change("del")
            self._assigned = -1

    def close(self):
        if not self._is_open:
            return
        self.release()
        self._is_open = False
        for each in (self._selector, self._socket, self._events, self._route):
            each.close()

    # From the kernel

    def _take(self):
        return any([key.data() for key, _ in self._selector.select(0.001)])

    def _take_frame(self):
        try:
            frame = self._socket.recv(2048)[:_FRAME]
        except OSError:  # the link is down
            return False
        if len(frame) < _FRAME or not self._is_wanted(frame):
            return False
        if len(self._queue) == _QUEUE:
            self.drops += 1
        else:
            self._queue.append(frame)
        return True

    def _take_event(self):
        for message in self._events.get():
            if message["index"] == self._index:
                running = bool(message["flags"] & _IFF_RUNNING)
                self._went_down |= self._ran and not running
                self._ran = running
        return True

    def _change(self, how):
        self._route.addr(how, index=self._index, address=_text(self._assigned), prefixlen=self._length)

    def _is_wanted(self, frame):
        if self._watched < 0:
            return self.is_claimed(frame)
        ours = socket.inet_aton(_text(self._watched))
        probed = self._assigned < 0 and frame[_SPA] == bytes(4) and frame[_TPA] == ours
        return frame[_SPA] == ours or probed or self.is_claimed(frame)

    def _is_running(self):
        return bool(self._route.get_links(self._index)[0]["flags"] & _IFF_RUNNING)

    def _addresses(self):
        found = self._route.get_addr(index=self._index, family=socket.AF_INET)
        return [address.get_attr("IFA_ADDRESS") for address in found]


def _text(host):
    return f"169.254.{host >> 8}.{host & 255}" if host >= 0 else ""
