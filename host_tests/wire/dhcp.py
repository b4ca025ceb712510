"""A real DHCP server on the wire, which is the router as well: dnsmasq on a host."""

import subprocess
import time

from scapy.layers.dhcp import BOOTP, DHCP

ADDRESS = "10.0.0.1"
_TYPES = {"request": 3, "ack": 5, "nak": 6}  # RFC 2132 9.6


def is_dhcp(kind, mac):
    """A predicate for Capture.wait_for(): a message of this kind, from or to the client with this MAC."""
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
    """A host at 10.0.0.1 that leases 10.0.0.`first` - 10.0.0.`first + 9` from start() to stop()."""

    def __init__(self, wire, log):
        self.host = wire.add_host(f"{ADDRESS}/24")
        self.mac = self.host.mac
        self._log = log
        self._process = None

    def start(self, first=50):
        """Serve from now on; a client with a lease of another range gets a NAK when it renews."""
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
        self._process = self.host.namespace.popen(["dnsmasq", *options], stdin=subprocess.DEVNULL)
        self._wait_until_bound()

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self):
        self.stop()

    def _wait_until_bound(self):
        for _ in range(100):
            if ":67 " in self.host.run("ss", "-lun"):
                return
            time.sleep(0.05)
        raise TimeoutError(f"dnsmasq does not serve, see {self._log}")
