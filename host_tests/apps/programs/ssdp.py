# SPDX-License-Identifier: MIT
"""Joins the multicast group 239.255.255.250, and answers UPnP searches (SSDP)."""

import socket

ANSWER = (
    "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=60\r\nEXT:\r\nLOCATION: http://{}/{}.xml\r\n"
    "ST: urn:autoip:board\r\nUSN: uuid:{}\r\n\r\n"
)


def ip(address):
    return bytes(int(number) for number in address.split("."))


def main():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("0.0.0.0", 1900))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, ip("239.255.255.250") + ip("0.0.0.0"))
    while True:
        try:
            search, peer = sock.recvfrom(512)
            if search.startswith(b"M-SEARCH"):
                sock.sendto(ANSWER.format(nic.ifconfig()[0], NAME, NAME).encode(), peer)
        except OSError as error:
            print("ssdp:", error)
