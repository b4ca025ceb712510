# SPDX-License-Identifier: MIT
"""A network interface of this host: receives and sends frames with scapy, and reads its own addresses."""

import errno
import sys
import time

from .frames import ETHERNET
from .story import is_link_local

# The filter for the frames that the viewer decodes. On Linux without libpcap, the viewer receives all frames.
_FILTER = "arp or icmp or udp port 5353 or udp port 67"
_BUFFER = 1 << 22  # bytes
_POLL = 0.2  # s


class LinkError(Exception):
    """The interface can't be used. The message is one line."""


class Link:
    """An interface, given by its name. frames() may run in its own thread. Raises LinkError."""

    def __init__(self, name):
        self._interfaces, self._failures, self._ethernet = _scapy()
        self._interfaces.reload()
        if name not in self._names():
            raise LinkError(f'no interface "{name}"; the interfaces are {", ".join(self._names())}')
        self.name = name
        try:
            self._sender, self._receiver = self._open()
        except self._failures as error:
            raise LinkError(_reason(name, error)) from None
        if self._receiver.LL is not self._ethernet:
            raise LinkError(f"{name} is not an Ethernet interface")
        self.refresh()

    def refresh(self):
        """Read the addresses again: `mac`, `ipv4` and `ipv6`, each "" if there is none.

        ipv4: the link-local address if the interface has one, otherwise another of its IPv4 addresses. ipv6:
        the link-local address.
        """
        self._interfaces.reload()
        found = next((each for each in self._interfaces.data.values() if each.name == self.name), None)
        self.mac = found.mac if found else ""
        ipv4 = sorted(found.ips[4], key=is_link_local) if found else []
        self.ipv4 = ipv4[-1] if ipv4 else ""
        ipv6 = [each for each in found.ips[6] if each.startswith("fe80:")] if found else []
        self.ipv6 = ipv6[0] if ipv6 else ""

    def frames(self):
        """Yield (s since 1970, link type, bytes) of each frame from now on.

        Raises LinkError when refresh() no longer finds the interface.
        """
        while self.mac:
            try:
                if self._receiver.select([self._receiver], _POLL):
                    _, raw, at = self._receiver.recv_raw()
                    if raw:
                        yield float(at or time.time()), ETHERNET, raw
            except OSError:  # the interface is down
                time.sleep(_POLL)
        raise LinkError(f"{self.name} is gone")

    def send(self, frame):
        try:
            self._sender.send(frame)
        except OSError:  # the interface is down; the viewer asks again later
            pass

    def close(self):
        self.mac = ""  # ends frames()
        self._sender.close()
        self._receiver.close()

    def _names(self):
        return [each.name for each in self._interfaces.data.values()]

    def _open(self):
        from scapy.config import conf

        sender = conf.L2socket(iface=self.name, promisc=False)
        conf.bufsize = _BUFFER
        try:
            return sender, conf.L2listen(iface=self.name, filter=_FILTER)
        except self._failures:
            return sender, conf.L2listen(iface=self.name)


def _scapy():
    """Returns (interfaces, the errors that opening an interface may raise, the class of Ethernet frames)."""
    import logging

    logging.getLogger("scapy").setLevel(logging.ERROR)
    import scapy.arch  # noqa: F401 (adds the sockets and interfaces of the system to conf)
    from scapy.config import conf
    from scapy.error import Scapy_Exception
    from scapy.layers.l2 import Ether

    return conf.ifaces, (OSError, Scapy_Exception, ImportError, RuntimeError), Ether


def _reason(name, error):
    """Why an interface can't be opened, and what to do about it."""
    number = getattr(error, "errno", None)
    if number == errno.ENETDOWN:
        return f"{name} is down: type ip link set {name} up"
    if number not in (errno.EPERM, errno.EACCES):
        return f"{name}: {error}"
    if sys.platform == "win32":
        return f"{name}: run this as administrator"
    return f"capturing on {name} needs root: use sudo, or tcpdump -i {name} -U -w - | python -m autoip_view -"
