# SPDX-License-Identifier: MIT
"""Uses of the C module that autoip.service does not make: errors are reported by an exception or on the
console.
"""

import errno

import arp_filter
import pytest

from .board import BoardError
from .frames import announcement, probe, reply
from .routable import set_static
from .waiting import PATIENCE, SOON

pytestmark = pytest.mark.only("unix", "UNIX_TAP has the sanitizers")

HOST = 0x1414
C = "169.254.20.20"
LAST = "02:00:00:00:00:77"  # MAC of the host whose claim follows each frame


@pytest.fixture
def board(bench):
    board = bench.board()
    board.run("import _autoip; link = _autoip.Link(nic)")
    return board


def _error(board, code):
    with pytest.raises(BoardError) as raised:
        board.run(code)
    return str(raised.value)


def test_closed_link(board):
    board.run("link.close(); link.close()")
    for call in ("mac()", "watch(1)", "send(bytes(42))", "assign(bytes(42))", "release()", "wake(1)"):
        assert _error(board, f"link.{call}") == f"OSError: {errno.ENODEV}"
    assert board.ask("[link.status(), link.routable(), link.receive(bytearray(42)), link.counts()]") == [
        0,
        None,
        0,
        [0, 0],
    ]


def test_short_frame(board):
    for call in ("send(bytes(41))", "assign(bytes(41))", "receive(bytearray(41))"):
        assert _error(board, f"link.{call}").startswith("ValueError")


def test_link_checks_every_bit_of_a_frame(bench, board):
    """The test inverts each bit after the Ethernet MACs in turn, for a claim, a probe and an answer."""
    # R3927-2.2.1-h, R3927-2.5-a, X-16, X-17, X-24
    mac = bytes.fromhex(board.mac.replace(":", ""))
    last = bytes(announcement(C, mac=LAST))[:42]
    board.run(
        f"link.watch({HOST}); frame = bytearray(42); got = []\n"
        "def receive():\n"
        "    kind = link.receive(frame)\n"
        "    if kind:\n"
        "        got.append((kind, frame.hex()))\n"
        f"    return kind and frame == {last!r}\n"
    )
    for whole in (announcement(C), probe(C), reply(C, "0.0.0.0", board.mac)):
        for bit in range(12 * 8, 42 * 8):
            frame = bytearray(bytes(whole)[:42])
            frame[bit >> 3] ^= 1 << (bit & 7)
            kind = arp_filter.is_arp(frame) and arp_filter.kind(bytes(frame), mac, HOST, False)
            expected = [[kind, frame.hex()]] if kind else []
            for each in (frame, last):
                bench.wire.send(bytes(each))
            received = board.ask("(got.clear(), until(receive, PATIENCE * 1000), got)[2]")
            assert received == [*expected, [arp_filter.CLAIM, last.hex()]], (whole.summary(), bit)


def test_on_wake_cannot_be_deleted(board):
    board.run("def woken():\n    pass\nlink.on_wake = woken")
    assert _error(board, "del link.on_wake").startswith("AttributeError")
    assert board.ask("link.on_wake is woken")


def test_a_wake_up_that_is_late_comes_once(board):
    board.run("woken = []\nlink.on_wake = lambda: woken.append(1)\nlink.wake(300)")
    before = board.ask("len(woken)")
    board.sleep(2)  # after a longer time, the firmware would suppose that the board slept
    board.until(f"len(woken) > {before}", SOON)
    assert board.settled("len(woken)") == before + 1


def test_a_removed_interface_has_a_name_and_no_link(board):
    board.run("link.close(); name = _autoip.name(nic); nic.active(False)")
    assert board.ask("_autoip.name(nic) == name")
    for nic in ("nic", "name"):
        assert _error(board, f"_autoip.Link({nic})").startswith(f"OSError: {errno.ENODEV}")


def test_an_interface_that_was_never_active_has_no_name(bench, board):
    board.run(f"other = network.LAN({bench.wire.add_tap()!r})")
    assert _error(board, "_autoip.name(other)").startswith(f"OSError: {errno.ENODEV}")


def test_an_alias_has_no_link(board):
    """The alias has the name "ll" in lwIP."""
    board.run("link.close(); svc = start(nic, delay=1); svc.wait(PATIENCE * 1000)")
    assert _error(board, "_autoip.name('ll')").startswith(f"OSError: {errno.ENODEV}")


def test_exception_in_on_wake_is_printed_and_on_wake_is_called_again(board):
    board.run("woken = []\ndef fail():\n    woken.append(1)\n    raise RuntimeError('on purpose')")
    board.run("link.on_wake = fail")
    assert board.ask("link.on_wake is fail")
    for count in (1, 2):
        board.run("link.wake(0)")
        board.until(f"len(woken) == {count}")
    assert board.log.read_text().count("RuntimeError: on purpose") == 2


def test_on_wake_is_called_after_a_change_from_one_static_address_to_another(board):
    board.run("woken = []\nlink.on_wake = lambda: woken.append(link.status())\nlink.wake(0)")
    for address in ("10.0.0.99", "10.0.0.98"):
        board.run("woken.clear()")
        set_static(board, address)
        board.until("2 in woken", PATIENCE)
        assert board.ask("link.routable()") == address


def test_an_unreachable_link_is_closed(board):
    board.run(
        "import gc\n"
        "def reopened():\n"
        "    gc.collect()\n"
        "    try:\n"
        "        return bool(_autoip.Link(nic))\n"
        "    except OSError:\n"
        "        return False\n"
    )
    assert not board.ask("reopened()")
    board.run("link = None")
    board.until("reopened()")
