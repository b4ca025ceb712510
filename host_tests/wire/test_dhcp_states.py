# SPDX-License-Identifier: MIT
"""DHCP goes on in each of its states when autoip takes the link-local address off the interface."""

import time

import pytest

from .dhcp import ScriptedServer, is_dhcp
from .frames import announcement, is_arp, reply
from .routable import has_lease
from .waiting import PATIENCE

C = "169.254.20.20"
HOST = "10.0.0.2"
LEASE = "10.0.0.50"
SLEEP = 8  # s after which autoip probes again, see SLEEP of link.c


class Scene:
    """A board that shows its address. The scene leads its DHCP client to a state, and then to a lease."""

    def __init__(self, bench, options):
        self.bench, self.board = bench, bench.board()
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
        began = time.time()
        self._server.acknowledge()
        asks = self.bench.capture.wait_for(is_arp("request", self.board.mac, tpa=LEASE), after=began)
        assert asks.arp.psrc == C

    def back_off(self):
        self.check()
        self._declined = time.time()
        self.bench.wire.send(reply(LEASE, C, self.board.mac))
        self.bench.capture.wait_for(is_dhcp("decline", self.board.mac), after=self._declined)
        self.board.until(f"nic.ifconfig()[0] == '{C}'")

    # From each of them to the lease

    def after_select(self):
        self._server.offer(self._asked)
        self._server.acknowledge()

    def after_request(self):
        self._server.acknowledge()

    def after_check(self):
        """The check goes on by itself."""

    def after_back_off(self):
        self._server.offer(self._server.discovered(self._declined))
        self._server.acknowledge()


def stop(scene):
    scene.board.run("svc.stop()")


def move(scene):
    scene.bench.wire.send(announcement(C))
    scene.board.expect("lost")


def suspend(scene):
    scene.board.sleep(SLEEP)
    scene.board.expect("suspended")


def soft_reset(scene):
    scene.board.soft_reset()


def no_reason(scene):
    """`old` gives the address up as soon as there is the lease."""


REASONS = {
    "stop": (stop, {}),
    "move": (move, {"abandon": True}),
    "suspend": (suspend, {}),
    "soft reset": (soft_reset, {}),
    "old": (no_reason, {"old": True}),
}


def check_that_a_lease_comes(bench, state, reason):
    take_off, options = REASONS[reason]
    host = bench.wire.add_host(f"{HOST}/24")
    scene = Scene(bench, options)
    getattr(scene, state)()
    take_off(scene)
    getattr(scene, f"after_{state}")()
    assert has_lease(scene.board) == LEASE
    assert host.ping(LEASE)
    if reason == "old":
        scene.board.until("svc.state == 'idle'", PATIENCE)


@pytest.mark.threaded
@pytest.mark.only("unix", "QEMU_MPS2 has the same DHCP client")
@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("state", ["select", "request"])
def test_a_lease_comes_though_the_address_is_taken_off(bench, state, reason):
    check_that_a_lease_comes(bench, state, reason)


@pytest.mark.older
@pytest.mark.only("task", "the other boards do not check an offered address")
@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("state", ["check", "back_off"])
def test_a_lease_comes_though_the_address_is_taken_off_in_a_check(bench, state, reason):
    """ESP-IDF 5.4 and 5.5 end the check when the interface's address changes."""
    check_that_a_lease_comes(bench, state, reason)


@pytest.mark.older
@pytest.mark.only("task", "the other boards do not check an offered address")
def test_the_check_ends_with_the_lease(bench):
    """A later claim of the leased address is not for the check, which would decline the lease."""
    scene = Scene(bench, {})
    scene.check()
    assert has_lease(scene.board) == LEASE
    began = bench.wire.send(reply(LEASE, LEASE, scene.board.mac))
    scene.board.expect("routable conflict")
    assert not bench.capture.select(is_dhcp("decline", scene.board.mac), began)
    assert scene.board.ask("nic.ifconfig()[0]") == LEASE
