# SPDX-License-Identifier: MIT
"""The emulated Cortex-M board: its Ethernet driver, its clock, and how it works with other hosts."""

import itertools
import time

import pytest
from scapy.layers.l2 import Ether

from .frames import ADVERSARY_MAC, announcement
from .waiting import wait_until

pytestmark = pytest.mark.only("qemu", "a test of this board's driver and port")

C = "169.254.20.20"
X = "169.254.7.9"
BURST = 64  # frames
TRIES = 50
LARGE = 1514  # bytes
SMALL = 160  # bytes; the controller has room for 64 of these
EXPERIMENTAL = 0x88B5  # an Ethertype that no host answers
CABLE = 0.00124  # s that a large frame takes on a cable of 10 Mbit/s, with preamble, CRC and gap
ROUNDING = 20  # ms by which two clocks may differ after three seconds
COUNTERS = "{name: nic.config(name) for name in ('frames', 'drops', 'overruns')}"


@pytest.fixture
def board(bench):
    return bench.board()


def _burst(bench, board, length, pace=0.0):
    """What a burst of 64 frames adds to the board's counters. pace: s from one frame to the next."""
    frame = bytes(Ether(src=ADVERSARY_MAC, dst=board.mac, type=EXPERIMENTAL)) + bytes(length - 14)
    before = board.ask(COUNTERS)
    for _ in range(BURST):
        bench.wire.send(frame)
        if pace:
            time.sleep(pace)
    after = board.settled(COUNTERS)
    return {name: after[name] - before[name] for name in after}


def test_a_burst_of_64_frames_is_received_completely(bench, board):
    for length in (60, SMALL):
        for _ in range(5):
            counted = _burst(bench, board, length)
            assert (counted["frames"], counted["drops"]) == (BURST, 0)


def test_a_burst_of_64_large_frames_at_the_speed_of_a_cable_is_received_completely(bench, board):
    """The controller has room for six frames, so a busy machine gets several tries."""
    whole = {"frames": BURST, "drops": 0, "overruns": 0}
    assert any(_burst(bench, board, LARGE, CABLE) == whole for _ in range(TRIES))


def test_frames_that_the_controller_loses_are_noticed(bench, board):
    """A TAP device is faster than any cable. The emulated controller drops frames, and doesn't report
    this.
    """
    for _ in range(TRIES):
        counted = _burst(bench, board, LARGE)
        assert counted["drops"] == 0
        if counted["frames"] < BURST:
            assert counted["overruns"]
            return
    raise AssertionError("nothing was lost")


def test_frames_for_which_there_is_no_buffer_are_counted_as_dropped(bench, board):
    """Frames that Python does not read from its sockets use the buffers of lwIP."""
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run("server = socket.socket(); server.bind(('0.0.0.0', 5000)); server.listen(4)")
    clients = [host.socket("stream") for _ in range(4)]
    board.run("served = []")
    for client in clients:
        client.connect((C, 5000))
        board.run("served.append(server.accept()[0])")
    for client in clients:
        client.setblocking(False)
        client.send(bytes(10000))

    def drops_them_all():
        counted = _burst(bench, board, 60)
        assert BURST <= counted["frames"]  # the peers try again and again
        assert counted["drops"] <= counted["frames"]
        return BURST <= counted["drops"]

    wait_until(drops_them_all, "there are buffers")
    assert host.gets_no_answer(C)

    board.run("for each in served: each.close()")
    for client in clients:
        client.close()
    wait_until(lambda: host.ping(C, timeout=1), "there are no buffers")
    assert _burst(bench, board, 60)["drops"] == 0


def test_the_clock_keeps_time(board):
    board.run("import time")
    # Each clock is read between two readings of the other, so that no delay matters.
    clocks = "(time.ticks_ms(), time.ticks_us() // 1000, time.time_ns() // 1000000, time.ticks_ms())"
    started = time.monotonic()
    before = board.ask(clocks)
    read = time.monotonic()
    board.run("time.sleep_ms(3000)")
    asked = time.monotonic()
    after = board.ask(clocks)
    ended = time.monotonic()
    ms, us, ns, _ = (later - earlier for earlier, later in zip(before, after, strict=True))
    assert ms >= 3000
    assert (asked - read) * 1000 - ROUNDING <= ms <= (ended - started) * 1000 + ROUNDING
    shortest, longest = after[0] - before[3] - ROUNDING, after[3] - before[0] + ROUNDING
    assert shortest <= us <= longest and shortest <= ns <= longest


def test_timers_and_the_scheduler_interrupt_python(board):
    board.run("import machine, micropython, time; calls = []")
    board.run(
        "timer = machine.Timer(period=10, callback=lambda timer: micropython.schedule(calls.append, 1))"
    )
    board.run("while len(calls) < 50: pass")
    board.run("timer.deinit(); calls.clear(); time.sleep_ms(50)")
    assert board.ask("len(calls)") <= 1


def test_all_kinds_of_boards_and_avahi_share_a_wire(bench, board):
    """Four hosts, four addresses. Each reaches the others, and one is attacked."""
    boards = [board, bench.board(), bench.board("unix")]
    avahi = bench.avahi(start=C)
    for each in boards:
        each.start(ip=C, delay=500)
    addresses = [each.expect("bound")["address"] for each in boards] + [avahi.wait()]
    assert len(set(addresses)) == len(addresses)
    for each, address in itertools.product(boards, addresses):
        assert each.address == address or each.ask(f"ping({address!r})")
    assert all(avahi.host.ping(address) for address in addresses)

    for expected in ("defended", "lost"):
        bench.wire.send(announcement(board.address))
        board.expect(expected)
    moved = board.expect("bound")["address"]
    assert moved not in addresses
    assert [each.address for each in boards[1:]] == addresses[1:3]
    assert all(each.ask(f"ping({moved!r})") for each in boards[1:]) and avahi.host.ping(moved)


def test_a_crash_is_reported(bench, board):
    with pytest.raises(ConnectionError, match="CRASH pc="):
        board.run("import machine; machine.mem32[0xf0000000] = 0")
    bench.boards.remove(board)
    with pytest.raises(AssertionError, match="CRASH pc="):
        board.close()
