# SPDX-License-Identifier: MIT
"""The C module used in ways that autoip.service does not: told by an exception, or on the console."""

import errno

import pytest

from .board import BoardError

pytestmark = pytest.mark.only("unix", "where the sanitizers see a false step")


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


def test_exception_in_on_wake_is_printed_and_the_next_one_is_called(board):
    board.run("woken = []\ndef fail():\n    woken.append(1)\n    raise RuntimeError('on purpose')")
    board.run("link.on_wake = fail")
    assert board.ask("link.on_wake is fail")
    for count in (1, 2):
        board.run("link.wake(0)")
        board.until(f"len(woken) == {count}")
    assert board.log.read_text().count("RuntimeError: on purpose") == 2


def test_a_link_that_nobody_has_any_more_is_closed(board):
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
