# SPDX-License-Identifier: MIT
"""A board and another implementation try to claim the same address. `make interop` runs more situations."""

import os
import shutil

import contests
import pytest
from wire.bench import CAPTURES
from wire.board import ROOT
from wire.peers import Zcip

_NEEDS = {
    "avahi-autoipd": ROOT / "build/src/avahi/usr/sbin/avahi-autoipd",
    "dhcpcd": "dhcpcd",
    "systemd-networkd": "/lib/systemd/systemd-networkd",
    "busybox zcip": Zcip.PROGRAM,
    "lwIP AutoIP": ROOT / "build/QEMU_MPS2-lwip/firmware.elf",
}


@pytest.fixture
def folder(request):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    return CAPTURES / request.node.name.replace("/", "_").replace(" ", "-")


def needs(*peers):
    for peer in peers:
        if not shutil.which(_NEEDS[peer]) and not os.path.exists(_NEEDS[peer]):
            pytest.skip(f"{_NEEDS[peer]} does not exist: make interop")


def check(outcome):
    assert not list(outcome.errors()), outcome


@pytest.mark.parametrize(
    ("early", "late"),
    [("UNIX_TAP", "dhcpcd"), ("systemd-networkd", "QEMU_MPS2"), ("UNIX_TASK", "lwIP AutoIP")],
)
def test_the_first_host_keeps_the_address(folder, early, late):
    # R3927-2.2.1-h, R3927-2.2.1-i, R5227-2.5-c
    needs(*{early, late} & _NEEDS.keys())
    first = contests.first_address(folder / "first")
    check(contests.one_after_the_other(folder, first, [early], [late]))


@pytest.mark.parametrize("peer", ["avahi-autoipd", "busybox zcip"])
def test_hosts_that_start_at_the_same_time_find_two_addresses(folder, peer):
    # R3927-2.2.1-j, R5227-2.2-a, X-01
    needs(peer)
    check(contests.at_the_same_time(folder, "169.254.20.20", ["UNIX_TAP", peer]))


@pytest.mark.parametrize("peer", ["UNIX_TASK", "systemd-networkd", "avahi-autoipd"])
def test_two_hosts_with_one_address_on_joined_links_end_with_different_addresses(folder, peer):
    # R3927-4-b, R3927-2.5-e
    needs(*{peer} & _NEEDS.keys())
    check(contests.links_joined(folder, "169.254.20.20", ["UNIX_TAP", peer]))
