# SPDX-License-Identifier: MIT
"""The board's name by mDNS where no driver adds the interface to lwIP's responder, as on stm32 and mimxrt."""

import contextlib
import time

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from zeroconf import AddressResolverIPv4, Zeroconf

from .frames import ADVERSARY_MAC, MDNS_GROUP, MDNS_MAC, MDNS_PORT, mdns_response
from .lwip_memory import heap_blocks
from .routable import PEER, second_interface
from .waiting import QUIET, wait_until

NAME = "lamp"
C = "169.254.20.20"
D = "169.254.30.30"

pytestmark = pytest.mark.only("no-mdns", "other boards' drivers add the interface themselves")


@contextlib.contextmanager
def asking(bench):
    """A Linux host that looks names up by mDNS: resolve(name) returns their addresses."""
    host = bench.wire.add_host(f"{PEER}/16")
    host.wait_for_address(PEER)
    with host.namespace.inside():
        zeroconf = Zeroconf(interfaces=[PEER])

    def resolve(name, timeout=3):
        zeroconf.cache.cache.clear()  # the answers of earlier calls
        resolver = AddressResolverIPv4(f"{name}.local.")
        return resolver.parsed_addresses() if resolver.request(zeroconf, timeout * 1000) else []

    try:
        yield resolve
    finally:
        zeroconf.close()


def wait_for(resolve, name, *addresses):
    wait_until(lambda: resolve(name) == list(addresses), f"{name} does not have {addresses}")


def question(name=NAME, truncated=0):
    ask = Ether(src=ADVERSARY_MAC, dst=MDNS_MAC) / IP(src=PEER, dst=MDNS_GROUP, ttl=255)
    dns = DNS(qr=0, rd=0, tc=truncated, qd=DNSQR(qname=f"{name}.local"))
    return ask / UDP(sport=MDNS_PORT, dport=MDNS_PORT) / dns


def is_mdns_of(board, qr=None):
    def matches(frame):
        dns = frame.packet.getlayer(DNS)
        return frame.source == board.mac and dns is not None and qr in (None, dns.qr) and dns.qr is not None

    return matches


def set_by_hand(board, address):
    board.run(f"nic.ifconfig(({address!r}, '255.255.0.0', '0.0.0.0', '0.0.0.0'))")


def named(bench, name=NAME):
    board = bench.board()
    board.run(f"network.hostname({name!r})")
    return board


def test_the_name_has_the_address_of_the_service(bench):
    board = named(bench)
    board.claim(delay=200, ip=C)
    with asking(bench) as resolve:
        wait_for(resolve, NAME, C)


def test_the_driver_alone_does_not_answer(bench):
    """Without this the other tests prove nothing."""
    board = named(bench)
    with asking(bench) as resolve:
        assert resolve(NAME) == []
        assert not bench.capture.select(is_mdns_of(board))


def test_the_name_goes_with_the_service_and_comes_with_the_next(bench):
    board = named(bench)
    bench.by_hand.add(D)
    with asking(bench) as resolve:
        for _ in range(3):
            board.claim(delay=200, ip=C)
            wait_for(resolve, NAME, C)
            bench.wire.send(question())  # the timers of an answer are running
            board.run("svc.stop()")
            set_by_hand(board, D)
            assert resolve(NAME) == []
            set_by_hand(board, "0.0.0.0")


def test_the_name_goes_and_comes_with_the_interface(bench):
    """The service stays. A timer of the responder that outlives the interface crashes the board, and a
    responder that outlives the interface leaves a block in lwIP's heap.
    """
    board = named(bench)
    board.claim(delay=200, ip=C)
    blocks = []
    with asking(bench) as resolve:
        for _ in range(3):
            wait_for(resolve, NAME, C)
            for _ in range(10):
                bench.wire.send(question())
                time.sleep(0.05)
            board.run("nic.active(False)")
            assert resolve(NAME) == []
            blocks.append(heap_blocks(board))
            board.run("nic.active(True)")
            board.expect("bound")
    assert blocks == blocks[:1] * 3


@pytest.mark.parametrize("end", ["svc.stop()", "nic.active(False)"])
def test_a_truncated_question_does_not_outlive_the_name(bench, end):
    """lwIP keeps such a question for 450 ms, and then needs the responder of the interface (RFC 6762 7.2)."""
    board = named(bench)
    board.claim(delay=200, ip=C)
    with asking(bench) as resolve:
        wait_for(resolve, NAME, C)
        bench.wire.send(question(truncated=1))
        time.sleep(QUIET)
        board.run(end)
        time.sleep(1)
        assert board.ask("nic.active()") == (end == "svc.stop()")


def test_a_soft_reset_leaves_no_name(bench):
    board = named(bench)
    with asking(bench) as resolve:
        for _ in range(3):
            board.claim(delay=200, ip=C)
            wait_for(resolve, NAME, C)
            bench.wire.send(question())
            board.soft_reset()
            assert resolve(NAME) == []
        board.run("nic.active(False); nic.active(True)")
        board.claim(delay=200, ip=C)
        wait_for(resolve, NAME, C)


def test_the_host_name_changes_later(bench):
    board = named(bench, "")
    board.claim(delay=200, ip=C)
    time.sleep(1.5)
    assert not bench.capture.select(is_mdns_of(board))  # it has no name
    with asking(bench) as resolve:
        for name in ("lamp", "a" * 32, "fan"):
            board.run(f"network.hostname({name!r})")
            wait_for(resolve, name, C)
        assert resolve("lamp") == []


def test_the_second_board_with_a_name_has_the_next_name(bench):
    """RFC 6762 section 9."""
    first = named(bench)
    first.claim(delay=200, ip=C)
    with asking(bench) as resolve:
        wait_for(resolve, NAME, C)
        second = named(bench)
        second.claim(delay=200, ip=D)
        second.expect(f"{NAME}-2.local")
        wait_for(resolve, f"{NAME}-2", D)
        assert resolve(NAME) == [C]
        assert second.ask(f"logged('{NAME}-2.local')")
        assert not first.ask(f"logged('{NAME}-2.local')")
        # autoip first tries a new host name without a number.
        second.run("network.hostname('fan')")
        wait_for(resolve, "fan", D)


def test_a_host_takes_every_name(bench):
    """The board tries the next name each time, and keeps the first one that the host leaves."""
    board = named(bench)
    board.claim(delay=200, ip=C)
    names, asked = [NAME], 0
    while len(names) < 12:
        # lwIP ignores the answer to a probe that it could not send by IPv6, so the test answers each probe.
        probe = bench.capture.wait_for(is_mdns_of(board, qr=0), after=asked)
        name = probe.packet[DNS].qd[0].qname.decode()
        asked = bench.wire.send(mdns_response(ADVERSARY_MAC, PEER, name))
        if name.rstrip(".") != f"{names[-1]}.local":
            names.append(name.split(".")[0])
    board.expect(f"{NAME}-13.local")
    assert names == [NAME] + [f"{NAME}-{number}" for number in range(2, 13)]
    with asking(bench) as resolve:
        wait_for(resolve, f"{NAME}-13", C)


def test_each_interface_of_a_board_has_a_name(bench):
    """On one link they are two hosts, so the second has the next name."""
    board = named(bench)
    second_interface(bench, board, "br0")
    board.run(f"svc = start(nic, ip={C!r}, delay=200); svc2 = start(nic2, ip={D!r}, delay=200)")
    with asking(bench) as resolve:
        wait_until(lambda: sorted(resolve(NAME) + resolve(f"{NAME}-2")) == [C, D], "not two names")


@pytest.mark.parametrize("situation", ["a service", "no service"])
def test_an_interface_that_its_driver_has_added_is_left_alone(bench, situation):
    board = bench.board("unix")
    board.run(f"network.hostname({NAME!r}); nic.active(False); nic.active(True)")
    board.claim(delay=200, ip=C)
    with asking(bench) as resolve:
        wait_for(resolve, NAME, C)
        board.run("network.hostname('fan')")
        if situation == "no service":
            board.run("svc.stop()")
            bench.by_hand.add(D)
            set_by_hand(board, D)
            wait_for(resolve, NAME, D)
        else:
            time.sleep(3)
            assert resolve(NAME) == [C] and resolve("fan") == []
