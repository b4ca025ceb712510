# SPDX-License-Identifier: MIT
"""A lamp. It receives its level with sACN (E1.31) by multicast, and reports the level with OSC."""

import select
import socket
import struct


def ip(address):
    return bytes(int(number) for number in address.split("."))


def bound(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", port))
    return sock


def string(text):
    """Encode a string for OSC."""
    return text.encode() + bytes(4 - len(text) % 4)


def main():
    level = 0
    sacn, osc = bound(5568), bound(9000)
    universe_1 = ip("239.255.0.1")
    sacn.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, universe_1 + ip("0.0.0.0"))
    poll = select.poll()
    poll.register(sacn, select.POLLIN)
    poll.register(osc, select.POLLIN)
    while True:
        for sock, _ in poll.poll():
            try:
                message, peer = sock.recvfrom(700)
                if sock is sacn and message[4:13] == b"ASC-E1.17" and len(message) > 126:
                    level = message[126]  # channel 1
                elif message.startswith(b"/level/get"):
                    osc.sendto(string("/level/" + NAME) + string(",i") + struct.pack(">i", level), peer)
            except OSError as error:
                print("lights:", error)
