# SPDX-License-Identifier: MIT
"""Scenarios on the simulated link. A scenario must send the same frames at the same times on CPython and on
MicroPython.
"""

from sim import (
    FOREIGN,
    MAC,
    OTHER,
    REQUEST,
    TICKS_MAX,
    ZERO_MAC,
    C,
    Denier,
    Host,
    Peer,
    Wire,
    X,
    announcement,
    denial,
    ip,
    packet,
    probe,
)


def claim():
    wire = Wire()
    Host(wire)
    wire.run(20000)
    return wire


def claim_paced():
    wire = Wire()
    Host(wire, seed=2, delay=200)
    wire.run(20000)
    return wire


def denied():
    wire = Wire()
    Host(wire, first=C)
    wire.inject(1500, denial(FOREIGN, C))
    wire.run(20000)
    return wire


def denied_by_probe_before_the_first():
    wire = Wire()
    Host(wire, first=C)
    wire.inject(1, probe(FOREIGN, C))
    wire.run(20000)
    return wire


def taken_by_a_peer():
    wire = Wire(latency=2)
    Peer(wire, C)
    Host(wire, first=C)
    wire.run(20000)
    return wire


def answered():
    wire = Wire()
    Host(wire, first=C, answers=True)
    for ms in (1000, 5500, 12000):
        wire.inject(ms, packet(REQUEST, FOREIGN, ip(X), ZERO_MAC, ip(C)))
        wire.inject(ms + 100, probe(FOREIGN, C, MAC))
    wire.run(20000)
    return wire


def defended():
    wire = Wire()
    Host(wire, first=C)
    for ms in (20000, 30001, 45000):
        wire.inject(ms, announcement(FOREIGN, C))
    wire.run(60000)
    return wire


def moved():
    wire = Wire()
    Host(wire, first=C)
    for ms in (20000, 29000):
        wire.inject(ms, announcement(FOREIGN, C))
    wire.run(60000)
    return wire


def abandoned():
    wire = Wire()
    Host(wire, first=C, abandon=True)
    wire.inject(20000, announcement(FOREIGN, C))
    wire.run(60000)
    return wire


def flapped():
    wire = Wire()
    host = Host(wire)
    for ms in range(1000, 12000, 1100):
        wire.at(ms, host.carrier, False)
        wire.at(ms + 100, host.carrier, True)
    wire.run(40000)
    return wire


def another_mac():
    wire = Wire()
    host = Host(wire)
    wire.run(20000)
    host.carrier(False)
    host.carrier(True, OTHER)
    wire.inject(21000, denial(FOREIGN, host.machine.host, OTHER))
    wire.run(60000)
    return wire


def leased():
    wire = Wire()
    host = Host(wire)
    wire.at(20000, host.routable, True)
    wire.at(50000, host.routable, False)
    wire.run(60000)
    return wire


def rate_limited():
    wire = Wire()
    Host(wire)
    Denier(wire, 1, alternate=True)
    wire.run(600000)
    return wire


def failing_driver():
    wire = Wire()
    host = Host(wire, first=C)
    host.refuse = 3
    wire.inject(20000, announcement(FOREIGN, C))
    wire.at(19999, lambda _: setattr(host, "refuse", 2))
    wire.run(60000)
    return wire


def wrapped():
    wire = Wire(TICKS_MAX - 3000)
    Host(wire, first=C)
    for ms in (20000, 30001, 35000):
        wire.inject(ms, announcement(FOREIGN, C))
    wire.run(60000)
    return wire


def reflected():
    wire = Wire(latency=1, echoes=(0, 5, 900))
    Host(wire)
    wire.run(20000)
    return wire


def two_hosts_collide():
    wire = Wire(latency=1)
    Host(wire, MAC, seed=3, first=C, answers=True)
    Host(wire, OTHER, seed=4, first=C, answers=True)
    wire.run(40000)
    return wire


def ten_hosts_collide():
    wire = Wire(latency=1)
    for i in range(10):
        Host(wire, b"\x02\x00\x00\x00\x01" + bytes((i,)), seed=i, first=C, answers=True)
    wire.run(60000)
    return wire


def two_interfaces():
    wire = Wire(latency=1)
    board = []
    Host(wire, MAC, seed=3, first=C, board=board)
    Host(wire, OTHER, seed=4, first=C, board=board)
    wire.run(40000)
    return wire


ALL = (
    claim,
    claim_paced,
    denied,
    denied_by_probe_before_the_first,
    taken_by_a_peer,
    answered,
    defended,
    moved,
    abandoned,
    flapped,
    another_mac,
    leased,
    rate_limited,
    failing_driver,
    wrapped,
    reflected,
    two_hosts_collide,
    ten_hosts_collide,
    two_interfaces,
)


def traces():
    """The name of each scenario, and its frames as "ms hex", line by line."""
    for scenario in ALL:
        yield "# " + scenario.__name__
        for ms, frame in scenario().frames():
            yield "%d %s" % (ms, frame)
