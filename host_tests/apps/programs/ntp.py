# SPDX-License-Identifier: MIT
"""Looks up the name of an NTP server, fetches the time, and reports the year with syslog (RFC 5424)."""

import socket
import time

import network
from phew import ntp


def log_time(text):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.sendto("<134>1 - {} ntp - - - {}".format(NAME, text).encode(), (PEER, 514))
    except OSError as error:
        print("syslog:", error)
    sock.close()


def main():
    network.ipconfig(dns=PEER)
    while True:
        now = ntp.fetch(synch_with_rtc=False, timeout=1)
        if now:
            log_time("the year is %d" % now[0])
        time.sleep_ms(100)
