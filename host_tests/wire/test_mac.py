# SPDX-License-Identifier: MIT
"""The MAC of the interface: it must belong to one host, and it may change while the interface is active."""

import pytest

from .board import BoardError
from .waiting import PATIENCE

pytestmark = pytest.mark.only("unix", "the MAC of the other boards is fixed")

C = "169.254.20.20"
X = "169.254.7.9"
OTHER_MAC = "28:cd:c1:00:02:01"


def test_an_address_is_probed_again_with_a_new_mac(bench):
    """With a new MAC the board is a different host, and its driver changes the MAC silently."""
    # R3927-2.2.1-a, X-48
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    bench.by_hand.add(C)  # until autoip polls the MAC, lwIP uses C with the new MAC
    board.set_mac(OTHER_MAC)
    assert board.expect("suspended")["address"] is None
    assert board.expect("bound")["address"] == C
    assert len(bench.capture.probes_of(OTHER_MAC)) == 3
    board.until("not svc.stats()['conflicts']", PATIENCE)
    assert host.ping(C)


@pytest.mark.parametrize("mac", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01"])
def test_a_zero_or_multicast_mac_is_refused(bench, mac):
    """Boards with such a MAC can't find their conflicts (micropython #15425)."""
    board = bench.board()
    own = board.mac
    board.set_mac(mac)
    with pytest.raises(BoardError, match=r"ValueError: .*config\(mac="):
        board.start()
    board.set_mac(own)
    assert board.claim(delay=200, ip=C) == C
