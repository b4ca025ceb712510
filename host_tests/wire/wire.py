# SPDX-License-Identifier: MIT
"""A wire: a namespace with a bridge, TAP devices for boards, hosts in their own namespaces, and an
adversary.
"""

import contextlib
import socket
import subprocess
import time

from pyroute2 import IPRoute

from .namespace import Namespace
from .waiting import PATIENCE, wait_until

_ETH_P_ALL = 3
_FORWARDING = 3  # the state of a bridge port
_SILENCE = 1  # s to wait for the answer to a ping that no host may answer


class Wire:
    """One namespace. Its `bridges` are separate wires, and most tests need only one.

    The adversary sends with the bridge device itself, so the bridge learns no MAC from its frames, and
    forwards them to every port.
    """

    def __init__(self, bridges=("br0",)):
        self._closing = contextlib.ExitStack()
        self.namespace = Namespace()
        self._closing.callback(self.namespace.close)
        with self.namespace.inside():
            self._route = IPRoute()
        self._closing.callback(self._route.close)
        self._index = {}
        self._bridge_of = {}
        self._adversary = {}
        self._hosts = 0
        self._taps = 0
        try:
            for bridge in bridges:
                self._add_bridge(bridge)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        self._closing.close()

    def add_tap(self, bridge="br0"):
        """Create a TAP device for a board, up and on the bridge. Returns its name."""
        name = f"tap{self._taps}"
        self._taps += 1
        with self.namespace.inside():
            self._route.link("add", ifname=name, kind="tuntap", mode="tap")
        self._plug(name, bridge)
        return name

    def set_link(self, name, up):
        """Pull the cable of a device, or plug it in again."""
        self._route.link("set", index=self._index[name], state="up" if up else "down")

    def join(self, bridges):
        """Connect the first bridge to each of the others. From now on they are one wire."""
        for bridge in bridges[1:]:
            ends = f"{bridge}-a", f"{bridge}-b"
            self._route.link("add", ifname=ends[0], kind="veth", peer=ends[1])
            for end, to in zip(ends, (bridges[0], bridge), strict=True):
                self._plug(end, to)
            for end in ends:
                self.wait_for_port(end)

    def add_host(self, address=None, bridge="br0"):
        """Create a Linux host. address: "169.254.7.9/16", or None."""
        name = f"host{self._hosts}"
        self._hosts += 1
        host = Host(address, self, name)
        self._closing.callback(host.close)
        self._plug(name, bridge)
        self.wait_for_port(name)
        host.wait_until_up()
        return host

    def wait_for_port(self, name):
        """Wait until the bridge forwards to a device. The kernel detects the carrier of the device with a
        delay.
        """
        port = self._index[name]
        wait_until(lambda: forwards(self._route.get_links(port)[0]), f"{name} has no carrier")

    def send(self, frame, bridge="br0"):
        """The adversary sends a frame (a scapy packet or bytes). Returns the time before this."""
        before = time.time()
        self._adversary[bridge].send(bytes(frame))
        return before

    def listen(self):
        """A socket that receives the frames of all devices. It receives a frame once for each device that the
        frame passes through, see passes().
        """
        with self.namespace.inside():
            return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))

    def passes(self, device, outgoing, bridge):
        """Does the frame enter the bridge here? This happens once per frame, and before any answer to it."""
        return device == bridge if outgoing else self._bridge_of.get(device) == bridge

    def add_veth(self, name, namespace):
        """Connect this namespace with eth0 of another namespace."""
        self._route.link("add", ifname=name, kind="veth", peer={"ifname": "eth0", "net_ns_fd": namespace.fd})

    def add_cable(self, name, there, peer, bridge="br0"):
        """Connect the bridge with a new device of another namespace, named `peer`.

        there: the descriptor of the other namespace. close() removes both devices. The kernel would remove
        them later, after the namespace of the wire has ended.
        """
        self._route.link("add", ifname=name, kind="veth", peer={"ifname": peer, "net_ns_fd": there})
        self._plug(name, bridge)
        self._closing.callback(self._route.link, "del", index=self._index[name])

    def _add_bridge(self, name):
        self._route.link(
            "add", ifname=name, kind="bridge", br_stp_state=0, br_forward_delay=0, br_mcast_snooping=0
        )
        self._remember(name)
        self.set_link(name, True)
        with self.namespace.inside():
            self._adversary[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._closing.callback(self._adversary[name].close)
        self._adversary[name].bind((name, 0))

    def _plug(self, name, bridge):
        self._remember(name)
        self._bridge_of[name] = bridge
        self._route.link("set", index=self._index[name], master=self._index[bridge])
        self.set_link(name, True)

    def _remember(self, name):
        self._index[name] = self._route.link_lookup(ifname=name)[0]


def forwards(port):
    """Does a bridge forward to this port? port: the device, as IPRoute.get_links() returns it."""
    state = port.get_attr("IFLA_LINKINFO").get_attr("IFLA_INFO_SLAVE_DATA").get_attr("IFLA_BRPORT_STATE")
    return state == _FORWARDING


class Host:
    """A Linux host with its eth0 on the wire."""

    def __init__(self, address, wire, name):
        self.namespace = Namespace()
        self.port = name  # the device into which its cable is plugged
        wire.add_veth(name, self.namespace)
        with self.namespace.inside():
            self._route = IPRoute()
        self._index = self._route.link_lookup(ifname="eth0")[0]
        self.mac = self._link("IFLA_ADDRESS")
        for index in (self._route.link_lookup(ifname="lo")[0], self._index):
            self._route.link("set", index=index, state="up")
        self.address = None
        if address:
            self.address, length = address.split("/")
            self._route.addr("add", index=self._index, address=self.address, prefixlen=int(length))

    def set_mac(self, mac):
        self._route.link("set", index=self._index, address=mac)
        self.mac = mac

    def wait_until_up(self):
        """Wait until the host can send, which the kernel allows once it has detected the carrier."""
        wait_until(lambda: self._link("IFLA_OPERSTATE") == "UP", "eth0 has no carrier")

    def wait_for_address(self, address):
        """Wait until the address is on the interface."""
        wait_until(lambda: address in self.addresses(), f"eth0 has no {address}")

    def addresses(self):
        """The addresses on the interface, without the length of the prefix."""
        return [entry.get_attr("IFA_ADDRESS") for entry in self._route.get_addr(index=self._index)]

    def _link(self, attribute):
        return self._route.get_links(self._index)[0].get_attr(attribute)

    def run(self, *command):
        return self.namespace.run(*command)

    def ping(self, address, count=1, timeout=PATIENCE // 2):
        """Does a host answer each of `count` pings? They are sent one by one, and each waits `timeout` s for
        its answer.
        """
        try:
            for _ in range(count):
                self.run("ping", "-n", "-q", "-c", "1", "-W", str(timeout), address)
        except subprocess.CalledProcessError:
            return False
        return True

    def gets_no_answer(self, address):
        """Is a ping unanswered for a second?"""
        return not self.ping(address, timeout=_SILENCE)

    def socket(self, kind):
        """A socket of this host, "stream" or "datagram", with PATIENCE as its timeout."""
        with self.namespace.inside():
            made = socket.socket(
                socket.AF_INET, {"stream": socket.SOCK_STREAM, "datagram": socket.SOCK_DGRAM}[kind]
            )
        made.settimeout(PATIENCE)
        return made

    def close(self):
        self._route.close()
        self.namespace.close()
