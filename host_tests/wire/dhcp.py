# SPDX-License-Identifier: MIT
"""A real DHCP server on the wire, which is also the router: dnsmasq on a host."""

import subprocess
import time

from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.l2 import Ether

from .frames import ADVERSARY_MAC, BROADCAST
from .waiting import wait_until

ADDRESS = "10.0.0.1"
_TYPES = {"discover": 1, "offer": 2, "request": 3, "decline": 4, "ack": 5, "nak": 6}  # RFC 2132 9.6


def is_dhcp(kind, mac):
    """A predicate for Capture.wait_for(): a DHCP message of this kind, from or to the client with this
    MAC.
    """
    client = bytes.fromhex(mac.replace(":", ""))

    def matches(frame):
        packet = frame.packet
        return (
            DHCP in packet
            and packet[BOOTP].chaddr[:6] == client
            and ("message-type", _TYPES[kind]) in packet[DHCP].options
        )

    return matches


class DhcpServer:
    """A host at 10.0.0.1 that leases 10.0.0.`first` - 10.0.0.`first + 9` between start() and stop()."""

    def __init__(self, wire, log):
        self.host = wire.add_host(f"{ADDRESS}/24")
        self.mac = self.host.mac
        self._log = log
        self._process = None

    def start(self, first=50):
        """Start to serve. A client with a lease of another range gets a NAK when it renews."""
        options = [
            "--keep-in-foreground",
            "--conf-file=/dev/null",
            "--pid-file=",  # none
            "--user=root",
            "--port=0",  # no DNS
            "--interface=eth0",
            f"--dhcp-range=10.0.0.{first},10.0.0.{first + 9},255.255.255.0,120",
            "--dhcp-authoritative",
            "--no-ping",
            "--leasefile-ro",
            "--log-dhcp",
            f"--log-facility={self._log}",
        ]
        self._process = self.host.namespace.popen(
            ["dnsmasq", *options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        wait_until(self._serves, f"dnsmasq does not serve, see {self._log}")

    def _serves(self):
        if self._process.poll() is not None:
            raise ConnectionError(f"dnsmasq is gone: {self._process.stderr.read()}")
        return ":67 " in self.host.run("ss", "-lun")

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()
            self._process = None

    def close(self):
        self.stop()


class ScriptedServer:
    """The adversary as a DHCP server: one exchange at a time, in forms that dnsmasq does not use.

    unicast: send answers to the leased address, instead of broadcasting them. options: IP options. split: the
    size in bytes of the fragments of the ACK, or 0. seconds: the lease time.
    """

    def __init__(self, bench, board, lease="10.0.0.50", unicast=False, options=(), split=0, seconds=600):
        self._bench, self._board, self._lease, self._seconds = bench, board, lease, seconds
        self._unicast, self._options, self._split = unicast, list(options), split
        self._answered = 0  # time of the latest message that has been answered

    def lease(self):
        """Make the board send a DISCOVER, and lease an address to it. wait_for_lease() waits until the board
        uses the lease.
        """
        self.offer(self.discover())
        self.acknowledge()

    def discover(self):
        """Make the board send a DISCOVER, and return it."""
        sent = time.time()
        self._board.run("nic.ipconfig(dhcp4=True)")
        return self.discovered(sent)

    def discovered(self, after):
        """Wait for a DISCOVER from the board and return it."""
        return self._wait_for("discover", after)

    def offer(self, asked):
        """Answer a DISCOVER, and wait for the REQUEST, which acknowledge() answers."""
        self._answer(asked, "offer")
        self.wait_for_request(asked.time)

    def wait_for_request(self, after):
        self._request = self._wait_for("request", after)

    def acknowledge(self):
        self._answer(self._request, "ack")

    def request_renewal(self):
        """Make the board ask to renew its lease. acknowledge() answers this request."""
        sent = time.time()
        self._board.run("nic.ipconfig(dhcp4=True)")
        self.wait_for_request(sent)

    def renew(self):
        """Make the board renew its lease, and answer with the lease of this server."""
        self.request_renewal()
        self.acknowledge()

    def serve(self):
        """Answer each message that has no answer yet, until the board has the lease."""

        def is_leased():
            for kind, answer in (("discover", "offer"), ("request", "ack")):
                for asked in self._bench.capture.select(is_dhcp(kind, self._board.mac), self._answered):
                    self._answer(asked, answer)
            return self._board.ask(self._board.LEASED)

        wait_until(is_leased, "no lease")

    def _wait_for(self, kind, after):
        return self._bench.capture.wait_for(is_dhcp(kind, self._board.mac), after=after)

    def _answer(self, asked, kind):
        self._answered = max(asked.time, self._answered)
        question = asked.packet[BOOTP]
        options = [("message-type", _TYPES[kind]), ("server_id", ADDRESS), ("lease_time", self._seconds)]
        options += [("subnet_mask", "255.255.255.0"), ("router", ADDRESS), "end"]
        message = BOOTP(op=2, xid=question.xid, yiaddr=self._lease, siaddr=ADDRESS, chaddr=question.chaddr)
        header = Ether(src=ADVERSARY_MAC, dst=self._board.mac if self._unicast else BROADCAST)
        to = self._lease if self._unicast else "255.255.255.255"
        packet = IP(src=ADDRESS, dst=to, id=77, options=self._options) / UDP(sport=67, dport=68)
        packet = packet / message / DHCP(options=options)
        for part in fragment(packet, self._split) if self._split and kind == "ack" else [packet]:
            self._bench.wire.send(header / part)
