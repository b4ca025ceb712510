"""No frame, probe, announcement or defence takes of the boards' heap, in a storm of frames neither.

A service lives twice: with the heap locked, where what asks for memory fails and is reported, and
unlocked, where the use of the heap is measured.
"""

import threading
import time

import pytest
from scapy.layers.l2 import ARP
from wire.frames import announcement, request

pytest_plugins = "wire.fixtures"

C = "169.254.20.20"
X = "169.254.7.9"
STORM = 10000  # frames
LIMIT = 100  # s, for slow machines: it takes about 10 s

WATCH = """
import gc, micropython, time

def heap_taken_until(done, locked):
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    if locked:
        micropython.heap_lock()
    while not done():
        time.sleep_ms(1)
    if locked:
        micropython.heap_unlock()
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken
"""


@pytest.fixture(params=["bench", "qemu_bench"], ids=["UNIX_TAP", "QEMU_MPS2"])
def rig(request):
    return request.getfixturevalue(request.param)


class Storm:
    """Sends ARP frames until it is ended. Every second one has the address as sender and is malformed,
    which the service counts; of the others one asks for the address, and one is of other hosts.
    """

    def __init__(self, wire):
        claim = announcement(C)
        claim[ARP].op = 3  # RARP
        self._frames = [bytes(frame) for frame in (claim, request(X, C), claim, request(X, "169.254.7.8"))]
        self._wire = wire
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *exception):
        self._ended.set()
        self._thread.join()

    def _send(self):
        deadline = time.monotonic() + LIMIT
        while not self._ended.is_set() and time.monotonic() < deadline:
            for frame in self._frames:
                self._wire.send(frame)
            time.sleep(0.001)


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "measured"])
def test_heap_is_left_alone(rig, locked):
    board = rig.board()
    board.run(WATCH)

    def heap_taken_until(condition):
        return board.ask(f"heap_taken_until(lambda: {condition}, {locked})", LIMIT)

    # What a link that comes up takes, its MAC, is no part of the steady state.
    board.run(f"svc = autoip.start(nic, ip={C!r}, delay=200); machine = svc._machine; link = svc._link")
    board.run("while svc.state == 'waiting': time.sleep_ms(1)")
    taken = {"claim": heap_taken_until("machine.announcements == 2")}
    with Storm(rig.wire):
        taken["storm"] = heap_taken_until(f"machine.malformed + link.drops >= {STORM // 2}")
    rig.wire.send(announcement(C))
    taken["defence"] = heap_taken_until("machine.defences == 1")
    rig.wire.send(announcement(C))
    taken["move and second claim"] = heap_taken_until("machine.moves == 1 and machine.announcements == 4")
    assert set(taken.values()) == {0}, taken
    assert board.address not in (C, None)
    assert "Error" not in board.log.read_text()
