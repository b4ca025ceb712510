# SPDX-License-Identifier: MIT
"""DHCP continues in each of its states when autoip removes the link-local address from the interface."""

import time

import pytest

from .dhcp import ADDRESS as SERVER
from .dhcp import ScriptedServer, is_dhcp
from .frames import announcement, is_arp, reply
from .routable import wait_for_lease
from .waiting import PATIENCE

C = "169.254.20.20"
LEASE = "10.0.0.50"
OTHER_MAC = "28:cd:c1:00:02:01"
SLEEP = 8  # s after which autoip probes again, see SLEEP of link.c


class DhcpCase:
    """A board with a link-local address. Each method brings its DHCP client into a state or to a lease."""

    def __init__(self, bench, options):
        self.bench, self.board = bench, bench.board()
        self.host = bench.wire.add_host(f"{SERVER}/24")
        self.board.run("nic.ipconfig(dhcp4=False)")
        self.board.claim(delay=1, ip=C, **options)
        self._server = ScriptedServer(bench, self.board, lease=LEASE)

    # The states

    def select(self):
        self._asked = self._server.discover()
        self.board.until(f"nic.ifconfig()[0] == '{C}'")

    def request(self):
        self.select()
        self._server.offer(self._asked)

    def check(self):
        self.request()
        start = time.time()
        self._server.acknowledge()
        asks = self.bench.capture.wait_for(is_arp("request", self.board.mac, tpa=LEASE), after=start)
        assert asks.arp.psrc == C

    def back_off(self):
        self.check()
        self.bench.wire.send(reply(LEASE, C, self.board.mac))
        self.bench.capture.wait_for(is_dhcp("decline", self.board.mac), after=self._asked.time)
        self.board.until(f"nic.ifconfig()[0] == '{C}'")

    def renew(self):
        self.lease()
        self._server.request_renewal()

    def reboot(self):
        self.lease()
        self._server.wait_for_request(after=self.board.flap())

    def lease(self):
        self._server.lease()
        assert wait_for_lease(self.board) == LEASE

    def serve(self):
        """Answer the client until it has the lease."""
        self._server.serve()
        assert wait_for_lease(self.board) == LEASE


def stop(case):
    case.board.run("svc.stop()")


def move(case):
    case.board.until("svc.state == 'bound'", PATIENCE)  # after a flap, autoip probes the address first
    case.bench.wire.send(announcement(C))
    case.board.expect("lost")


def suspend(case):
    case.board.sleep(SLEEP)
    case.board.expect("suspended")


def soft_reset(case):
    case.board.soft_reset()


def flap(case):
    case.board.flap()
    case.board.expect("suspended")


def no_reason(case):
    """With `old`, autoip itself gives up the address as soon as the board has the lease."""


REASONS = {
    "stop": (stop, {}),
    "move": (move, {"abandon": True}),
    "suspend": (suspend, {}),
    "soft reset": (soft_reset, {}),
    "flap": (flap, {}),
    "old": (no_reason, {"old": True}),
}


def check_that_a_lease_comes(bench, state, reason):
    take_off, options = REASONS[reason]
    case = DhcpCase(bench, options)
    getattr(case, state)()
    take_off(case)
    case.serve()
    assert case.host.ping(LEASE)
    if reason == "old":
        case.board.until("svc.state == 'idle'", PATIENCE)


@pytest.mark.threaded
@pytest.mark.only("unix", "QEMU_MPS2 has the same DHCP client")
@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("state", ["select", "request"])
def test_a_lease_is_bound_although_the_address_is_removed(bench, state, reason):
    check_that_a_lease_comes(bench, state, reason)


@pytest.mark.only("unix", "ESP-IDF drops the lease with the link; QEMU_MPS2 has the same client")
@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("state", ["renew", "reboot"])
def test_a_lease_stays_although_the_address_is_removed(bench, state, reason):
    check_that_a_lease_comes(bench, state, reason)


@pytest.mark.only("unix", "the MAC of the other boards is fixed")
@pytest.mark.parametrize("state", ["select", "request", "renew", "reboot"])
def test_a_lease_is_bound_although_the_mac_changes(bench, state):
    """DHCP repeats its message with the new MAC, and autoip probes its address again."""
    case = DhcpCase(bench, {})
    getattr(case, state)()
    bench.by_hand.update((C, LEASE))  # until autoip polls the MAC, lwIP uses the addresses with the new MAC
    case.board.set_mac(OTHER_MAC)
    case.board.mac = OTHER_MAC
    case.board.expect("suspended")
    case.serve()


@pytest.mark.older_idf
@pytest.mark.only("task", "the other boards do not check an offered address")
@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("state", ["check", "back_off"])
def test_a_lease_is_bound_although_the_address_is_removed_during_a_check(bench, state, reason):
    """ESP-IDF 5.4 and 5.5 end the check when the interface's address changes."""
    check_that_a_lease_comes(bench, state, reason)


@pytest.mark.older_idf
@pytest.mark.only("task", "the other boards do not check an offered address")
def test_the_check_ends_with_the_lease(bench):
    """Another host claims the leased address after the check. The board must not decline the lease then."""
    case = DhcpCase(bench, {})
    case.check()
    assert wait_for_lease(case.board) == LEASE
    began = bench.wire.send(reply(LEASE, LEASE, case.board.mac))
    case.board.expect("routable conflict")
    assert not bench.capture.select(is_dhcp("decline", case.board.mac), began)
    assert case.board.ask("nic.ifconfig()[0]") == LEASE
