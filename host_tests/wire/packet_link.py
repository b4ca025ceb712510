# SPDX-License-Identifier: MIT
"""The link contract of autoip.service on a Linux packet socket: autoip's Python code runs on a Linux host.

Only the tests use this link: most methods make system calls, and only run(ms) calls on_wake.
"""

import selectors
import socket
import time

import arp_filter
from pyroute2 import IPRoute
from pyroute2.netlink.rtnl import RTMGRP_LINK

_ETH_P_ARP = 0x0806
_IFF_RUNNING = 0x40
_QUEUE = 2
_FRAME = 42


class PacketLink:
    """eth0 of a host."""

    def __init__(self, host, interface="eth0"):
        self.name = interface
        self.on_wake = None
        self._is_open = True
        self._dropped = self._malformed = 0
        self._watched = -1
        self._assigned = -1  # host part in use, or -1; Linux keeps the connections of a removed address
        self._prefix = 16
        self._reported = None  # the routable address that status() reported
        self._queue = []  # (what receive() returns, frame)
        self._wake_at = None
        self._went_down = False
        self._has_news = False  # run() has to call on_wake
        with host.namespace.inside():
            self._route, self._events = IPRoute(), IPRoute()
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._socket.bind((interface, _ETH_P_ARP))
        self._socket.setblocking(False)
        self._index = self._route.link_lookup(ifname=interface)[0]
        self._mac = bytes.fromhex(host.mac.replace(":", ""))
        self._events.bind(groups=RTMGRP_LINK)
        self._ran = self._is_running()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ, self._take_frames)
        self._selector.register(self._events, selectors.EVENT_READ, self._take_event)

    def run(self, ms):
        """Let `ms` pass, and process what happens."""
        end = time.monotonic() + ms / 1000
        while self._is_open:
            due = self._wake_at is not None and self._wake_at <= time.monotonic()
            if due:
                self._wake_at = None
            self._take_all(0.001)
            if due or self._has_news:
                self._has_news = False
                if self.on_wake:
                    self.on_wake()
            if time.monotonic() >= end:
                return

    # The link contract

    def mac(self):
        return self._mac

    def status(self):
        self._reported = self._routable_address()
        return (2 if self._reported else 1) if self._is_usable() else 0

    def routable(self):
        if self._reported == self._routable_address():
            return self._reported
        self._has_news = True
        return None

    def counts(self):
        return (self._dropped, self._malformed) if self._is_open else (0, 0)

    def watch(self, host):
        self._take_all()
        if host != self._watched:
            self._watched = host
            self._queue = [waiting for waiting in self._queue if waiting[0] == arp_filter.ROUTABLE_CLAIM]
        if host < 0:
            self._went_down = False

    def receive(self, buffer):
        if not self._queue or not self._is_open:
            return 0
        kind, buffer[:] = self._queue.pop(0)
        return kind

    def send(self, frame):
        if not self._is_usable():
            return False
        try:
            return self._socket.send(frame) == len(frame)
        except OSError:
            return False

    def assign(self, frame):
        self._take_all()
        if self._queue or not self.send(frame):
            return False
        if self._assigned < 0:
            self._assigned = self._watched
            self._change("add")
        return True

    def set_prefix(self, prefix):
        if self._assigned >= 0:
            self._change("del")
        self._prefix = prefix or 32
        if self._assigned >= 0:
            self._change("add")

    def release(self):
        if self._assigned >= 0:
            self._change("del")
            self._assigned = -1

    def wake(self, ms):
        self._wake_at = None if ms < 0 else time.monotonic() + ms / 1000

    def close(self):
        if not self._is_open:
            return
        self.release()
        self._is_open = False
        for each in (self._selector, self._socket, self._events, self._route):
            each.close()

    # From the kernel

    def _take_all(self, seconds=0):
        """Receive the frames that are there, or that arrive in this time."""
        for key, _ in self._selector.select(seconds):
            key.data()

    def _take_frames(self):
        while True:
            try:
                self._take_frame(self._socket.recv(2048))
            except OSError:  # no more frames, or the link is down
                return

    def _take_frame(self, frame):
        kind = self._kind(frame)
        if kind and len(self._queue) == _QUEUE:
            self._dropped += 1
        elif kind:
            self._queue.append((kind, frame[:_FRAME]))
            self._has_news = True

    def _kind(self, frame):
        """What receive() has to return for this frame, or 0 if the frame is not wanted."""
        if not arp_filter.is_arp(frame):
            self._malformed += self._watched >= 0 and arp_filter.is_malformed(frame, self._watched)
            return 0
        if arp_filter.sender_mac(frame) == self._mac:
            return 0
        sender = socket.inet_ntoa(arp_filter.sender(frame))
        own = arp_filter.sender(frame) if sender in self._addresses() else None
        return arp_filter.kind(frame, self._mac, self._watched, self._assigned >= 0, own)

    def _take_event(self):
        for message in self._events.get():
            if message["index"] == self._index:
                running = bool(message["flags"] & _IFF_RUNNING)
                if self._ran and not running:
                    self._went_down = True
                    self.release()
                self._ran = running
                self._has_news = True

    def _change(self, how):
        self._route.addr(how, index=self._index, address=_text(self._assigned), prefixlen=self._prefix)

    def _is_usable(self):
        return self._is_open and not self._went_down and self._is_running()

    def _routable_address(self):
        found = self._addresses() if self._is_usable() else []
        return next((address for address in found if not address.startswith("169.254.")), None)

    def _is_running(self):
        return bool(self._route.get_links(self._index)[0]["flags"] & _IFF_RUNNING)

    def _addresses(self):
        found = self._route.get_addr(index=self._index, family=socket.AF_INET)
        return [address.get_attr("IFA_ADDRESS") for address in found]


def _text(host):
    return f"169.254.{host >> 8}.{host & 255}" if host >= 0 else ""
