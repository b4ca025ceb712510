# SPDX-License-Identifier: MIT
"""No frame, probe, announcement or defence takes of the boards' heap, in a storm of frames neither.

A service lives twice: with the heap locked, where what asks for memory fails and is reported, and
unlocked, where the use of the heap is measured.
"""

import pytest

from . import heap
from .frames import announcement

C = "169.254.20.20"
STORM = 10000  # frames
LIMIT = 200  # s, for slow machines: it takes about 10 s


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "measured"])
def test_heap_is_left_alone(bench, locked):
    #
    board = bench.board()
    board.run(heap.ON_BOARD)
    board.run("Service._note = kept_note")  # what the agent prints takes of the heap

    def taken_until(condition):
        return board.ask(f"heap_taken_until(lambda: {condition}, {locked})", LIMIT)

    # What a link that comes up takes, its MAC, is no part of the steady state.
    board.run(f"svc = autoip.start(nic, ip={C!r}, delay=200)")
    board.run(heap.COUNT)
    board.run("while svc.state == 'waiting': time.sleep_ms(1)")
    taken = {"claim": taken_until("count('announcements') == 2")}
    taken["storm"] = 0
    with heap.Storm(bench.wire.send, C):
        while board.ask("svc.stats()['malformed']") < STORM // 2:
            taken["storm"] += taken_until(heap.A_SECOND_LATER)
    board.settled("svc.stats()['malformed']")  # or what follows finds no place in the queue
    bench.wire.send(announcement(C))
    taken["defence"] = taken_until("count('defences') == 1")
    bench.wire.send(announcement(C))
    taken["move and second claim"] = taken_until("count('moves') == 1 and count('announcements') == 4")
    assert set(taken.values()) == {0}, taken
    assert board.address not in (C, None)
    assert "Error" not in board.log.read_text()
