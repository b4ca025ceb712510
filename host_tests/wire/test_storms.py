"""Many frames at once, and what a program hears of Ctrl-C meanwhile."""

import time

import pytest

from .frames import announcement, is_arp

C = "169.254.20.20"
STATIC = "10.0.0.99"
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


@pytest.mark.task
def test_claims_on_the_routable_address_leave_time_for_the_program(board, bench):
    """They are told of once a second, however many there are."""
    board.claim(delay=200, ip=C)
    board.run(f"nic.ifconfig(('{STATIC}', '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
    assert board.ask("svc.stats()['routable_conflicts']") == 0
    start = time.monotonic()
    for _ in range(STORM):
        bench.wire.send(announcement(STATIC))
    board.expect("routable conflict")
    seconds = time.monotonic() - start
    told = board.ask("svc.stats()['routable_conflicts']")
    assert 1 <= told <= seconds + 1
    assert board.ask("svc.stats()['dropped']") == 0
    assert board.address == C


def test_own_frames_that_come_back_take_no_place_in_the_queue(board, bench):
    """RFC 5227 2.4, and X-01: from hubs and access points."""
    board.claim(delay=200, ip=C)
    board.run(BUSY)
    for _ in range(8):
        bench.wire.send(announcement(C, mac=board.mac))
    sent = bench.wire.send(announcement(C))
    bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    stats = board.ask("svc.stats()")
    assert (stats["dropped"], stats["conflicts"], stats["defences"]) == (0, 1, 1)


def test_ctrl_c_in_a_callback_is_the_programs(board):
    board.run("def interrupted(event, svc): raise KeyboardInterrupt")
    board.run(f"""
import time
heard = None
try:
    svc = autoip.start(nic, ip={C!r}, delay=200, on_event=interrupted)
    time.sleep(5)
except KeyboardInterrupt:
    heard = svc.address
""")
    assert board.ask("heard") == C
    assert board.ask("svc.state") == "announcing"
