# SPDX-License-Identifier: MIT
"""Frames for the viewer, built with scapy, and the events that the viewer derives from them."""

from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether
from wire.frames import announcement, probe, reply

from autoip_view import Story

ONE = "28:cd:c1:00:00:01"
TWO = "28:cd:c1:00:00:02"
THREE = "28:cd:c1:00:00:03"
A = "169.254.20.20"
B = "169.254.21.21"
C = "169.254.22.22"
BEGIN = 1_700_000_000  # s since 1970


def claim(address, mac, at=0.0):
    """A claim with the timing of the RFC: (s, frame) of three probes and two announcements."""
    times = (at, at + 1.5, at + 3, at + 5, at + 7)
    frames = [probe(address, mac)] * 3 + [announcement(address, mac)] * 2
    return list(zip(times, frames, strict=True))


def answer(address, mac, to):
    """The answer to a probe."""
    return reply(address, "0.0.0.0", to, mac)


def ping(source, target, mac, kind="echo-request"):
    return Ether(src=mac, dst=TWO) / IP(src=source, dst=target) / ICMP(type=kind)


def story(*timed):
    """The Story of (s, frame) in the order of time."""
    result = Story()
    for at, frame in sorted(timed, key=lambda each: each[0]):
        result.add(BEGIN + at, bytes(frame))
    return result


def protocol_events(*timed):
    """The protocol events that the viewer derives, as (host, kind, address)."""
    return [(event.host, event.kind, event.address) for event in story(*timed).protocol_events()]
