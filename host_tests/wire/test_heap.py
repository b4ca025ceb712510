# SPDX-License-Identifier: MIT
"""Receiving frames, probing, announcing and defending allocate nothing on the boards' heap, not even in a
storm.

A service runs twice: with the heap locked, so that an allocation fails and is reported, and unlocked, so that
the use of the heap can be measured.
"""

import pytest

from . import heap
from .frames import announcement

C = "169.254.20.20"
STORM = 10000  # frames
LIMIT = 200  # s, for slow machines; the test takes about 10 s


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "measured"])
def test_a_service_allocates_nothing_on_the_heap(bench, locked):
    #
    board = bench.board()
    board.run(heap.ON_BOARD)
    board.run("Service._note = kept_note")  # the agent's output needs memory

    def taken_until(condition):
        return board.ask(f"heap_taken_until(lambda: {condition}, {locked})", LIMIT)

    # The MAC that a service stores when the link comes up is not part of the steady state.
    board.run(f"svc = autoip.start(nic, ip={C!r}, delay=200)")
    board.run(heap.COUNT)
    board.run("while svc.state == 'waiting': time.sleep_ms(1)")
    taken = {"claim": taken_until("count('announcements') == 2")}
    taken["storm"] = 0
    with heap.Storm(bench.wire.send, C):
        while board.ask("svc.stats()['malformed']") < STORM // 2:
            taken["storm"] += taken_until(heap.A_SECOND_LATER)
    board.settled("svc.stats()['malformed']")  # otherwise there is no slot in the queue for the next frame
    bench.wire.send(announcement(C))
    taken["defence"] = taken_until("count('defences') == 1")
    bench.wire.send(announcement(C))
    taken["move and second claim"] = taken_until("count('moves') == 1 and count('announcements') == 4")
    assert set(taken.values()) == {0}, taken
    assert board.address not in (C, None)
    assert "Error" not in board.log.read_text()
