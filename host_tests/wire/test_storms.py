# SPDX-License-Identifier: MIT
"""Many frames at once, and Ctrl-C while a callback runs."""

import time

import pytest
from scapy.layers.l2 import ARP

from .frames import announcement, is_arp, reply, request
from .routable import STATIC, set_static

C = "169.254.20.20"
STORM = 2000  # frames
BUSY = """
import micropython, time

def busy(ms):
    end = time.ticks_add(time.ticks_ms(), ms)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        pass

micropython.schedule(busy, 1000)  # nothing else that is scheduled runs
"""


@pytest.fixture
def board(bench):
    return bench.board()


@pytest.mark.threaded
def test_claims_on_the_routable_address_leave_time_for_the_program(board, bench):
    """At most one claim per second is reported, however many come."""
    board.claim(delay=200, ip=C)
    set_static(board)
    assert board.ask("svc.stats()['routable_conflicts']") == 0
    start = time.monotonic()
    for _ in range(STORM):
        bench.wire.send(announcement(STATIC))
    board.expect("routable conflict")
    reported = board.ask("svc.stats()['routable_conflicts']")
    seconds = time.monotonic() - start
    assert 1 <= reported <= seconds + 1
    assert board.ask("svc.stats()['dropped']") == 0
    assert board.address == C


@pytest.mark.not_on_espressif("QEMU's Ethernet drops frames that come fast")
def test_own_frames_that_come_back_use_no_slot_in_the_queue(board, bench):
    """RFC 5227 2.4, and X-01: hubs and access points send a board's frames back to the board."""
    #
    board.claim(delay=200, ip=C)
    board.run(BUSY)
    for _ in range(8):
        bench.wire.send(announcement(C, mac=board.mac))
    sent = bench.wire.send(announcement(C))
    bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    board.expect("defended")
    stats = board.ask("svc.stats()")
    assert (stats["dropped"], stats["conflicts"], stats["defences"]) == (0, 1, 1)


NO_CONFLICTS = {
    "opcode 3": lambda mac: _with(announcement(C), op=3),
    "hardware type 6": lambda mac: _with(announcement(C), hwtype=6),
    "protocol length 16": lambda mac: _with(announcement(C), plen=16),
    "a Reply for the address": lambda mac: reply("169.254.7.9", C, mac),
    "a Request for the address": lambda mac: request("169.254.7.9", C),
}


def _with(frame, **fields):
    for name, value in fields.items():
        setattr(frame[ARP], name, value)
    return frame


@pytest.mark.not_on_espressif("QEMU's Ethernet drops frames that come fast")
@pytest.mark.threaded
@pytest.mark.parametrize("kind", NO_CONFLICTS)
def test_frames_that_are_not_a_conflict_use_no_slot_in_the_queue(board, bench, kind):
    """RFC 3927 2.5: the board still answers the conflict that follows at once."""
    # R3927-2.5-f
    board.claim(delay=200, ip=C)
    board.run(BUSY)
    for _ in range(4):
        bench.wire.send(NO_CONFLICTS[kind](board.mac))
    sent = bench.wire.send(announcement(C))
    bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    board.expect("defended")
    stats = board.ask("svc.stats()")
    assert (stats["dropped"], stats["conflicts"], stats["defences"]) == (0, 1, 1)


@pytest.mark.not_on_espressif("QEMU's Ethernet drops frames that come fast")
def test_unicast_polls_while_probing_use_no_slot_in_the_queue(board, bench):
    """A Request without a sender address is a probe only if it is broadcast (RFC 5227 1.1)."""
    # X-14, D2
    board.start(delay=8000, ip=C)
    bench.capture.wait_for(is_arp("probe", board.mac, tpa=C))
    board.run(BUSY)
    for _ in range(4):
        bench.wire.send(request("0.0.0.0", C, to=board.mac))
    bench.wire.send(announcement(C))
    board.expect("conflict")
    assert board.ask("svc.stats()['dropped']") == 0


def test_ctrl_c_in_a_callback_is_raised_in_the_program(board):
    board.run("def interrupted(event, svc): raise KeyboardInterrupt")
    board.run(f"""
import time
found = None
try:
    svc = autoip.start(nic, ip={C!r}, delay=200, on_event=interrupted)
    time.sleep(PATIENCE)
except KeyboardInterrupt:
    found = svc.address, svc.state
""")
    assert board.ask("found") == [C, "bound"]
