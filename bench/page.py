# SPDX-License-Identifier: MIT
"""Measures the time from the board's reset to the first page. The board runs examples/page.py, and a host
opens the page with the board's mDNS name.
"""

import time

from board import ROOT
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from wire.frames import ADVERSARY_MAC, REQUEST, reply

NAME = "autoip.local"

_PAGE = ROOT / "examples" / "page.py"
_HEADING = b"Hello from autoip"
_HOST = "169.254.7.9"
_GROUP, _GROUP_MAC, _MDNS = "224.0.0.251", "01:00:5e:00:00:fb", 5353  # RFC 6762 section 3
_HTTP = 80
_ASK = 0.25  # s between two questions or attempts to connect
_LIMIT = 60  # s

# A replacement for autoip on a board with lwIP's AutoIP. It has the functions that examples/page.py uses.
_STAND_IN = """
import asyncio

class Service:
    state = "held"

    def __init__(self, nic):
        self.nic = nic

    async def ready(self):
        while self.nic.ifconfig()[0] == "0.0.0.0":
            await asyncio.sleep_ms(5)
        self.address = self.nic.ifconfig()[0]
        return self.address

def get():
    pass

start = Service
"""


def first_page(build, board):
    """Returns the ms from the reset until the host has the page. Raises TimeoutError."""
    if build == "lwip":
        _write(board, "autoip.py", _STAND_IN)
    _write(board, "main.py", _PAGE.read_text())
    board.frames()
    board.start("import machine; machine.reset()")
    began = time.monotonic()
    host = _Host(board)
    while not host.has_page:
        host.ask()
        asked = time.monotonic()
        while not host.has_page and time.monotonic() < asked + _ASK:
            for frame in board.frames():
                host.receive(frame.packet)
            time.sleep(0.005)
        if asked > began + _LIMIT:
            raise TimeoutError(f"no page within {_LIMIT} s")
    return round(1000 * (time.monotonic() - began))


def _write(board, name, text):
    board.run(f"with open({name!r}, 'w') as file: file.write({text!r})")


class _Host:
    """A host with a link-local address. It has only the functions that it needs to get a page."""

    def __init__(self, board):
        self.has_page = False
        self._board = board
        self._server = None  # (MAC, address) once the name is known
        self._port = 40000

    def ask(self):
        """If the board's address is not known yet, ask for it. Otherwise try to connect, each time from a new
        port.
        """
        if not self._server:
            packet = IP(src=_HOST, dst=_GROUP, ttl=255) / UDP(sport=_MDNS, dport=_MDNS)
            self._board.send(
                Ether(src=ADVERSARY_MAC, dst=_GROUP_MAC) / packet / DNS(rd=0, qd=DNSQR(qname=NAME))
            )
            return
        self._port += 1
        self._send_tcp(TCP(flags="S", seq=0))

    def receive(self, packet):
        if ARP in packet and packet[ARP].op == REQUEST and packet[ARP].pdst == _HOST:
            self._board.send(reply(_HOST, packet[ARP].psrc, packet.src))
        elif DNS in packet and packet[DNS].qr and not self._server:
            self._read_answer(packet)
        elif TCP in packet and packet[TCP].dport == self._port:
            self._go_on(packet[TCP])

    def _read_answer(self, packet):
        for record in packet[DNS].an:
            if (record.type, record.rrname.decode().rstrip(".")) == (1, NAME):
                self._server = packet.src, record.rdata
                self.ask()
                return

    def _go_on(self, segment):
        if segment.flags == "SA":
            question = f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode()
            self._send_tcp(TCP(flags="PA", seq=1, ack=segment.seq + 1) / question)
        self.has_page |= _HEADING in bytes(segment.payload)

    def _send_tcp(self, segment):
        segment.sport, segment.dport = self._port, _HTTP
        mac, address = self._server
        self._board.send(Ether(src=ADVERSARY_MAC, dst=mac) / IP(src=_HOST, dst=address) / segment)
