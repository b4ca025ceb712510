# SPDX-License-Identifier: MIT
"""The README's code runs as it is printed."""

import re

import pexpect
import pytest

from .board import ROOT
from .waiting import PATIENCE

_README = (ROOT / "README.md").read_text()
_PROMPT = ">>> "


def blocks(language):
    """The code of all blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", _README, re.DOTALL)


def test_the_session_of_make_run():
    """`make run` and the session: the board prints the address that the README shows."""
    (session,) = blocks("pycon")
    # The firmware was built before the tests.
    make = "make -o build/QEMU_MPS2/firmware.elf run BOARD=QEMU_MPS2"
    board = pexpect.spawn(make, cwd=ROOT, encoding="utf-8", timeout=PATIENCE)
    board.expect_exact(_PROMPT)
    for step in session.split(_PROMPT)[1:]:
        line, _, output = step.partition("\n")
        board.send(line + "\r")
        board.expect_exact(_PROMPT)
        assert board.before.replace("\r", "") == f"{line}\n{output}"
    board.send("\x01x")  # Ctrl-A X
    board.expect(pexpect.EOF)
    board.close()


@pytest.mark.only("unix", "the programs do the same on both boards")
def test_the_programs(bench):
    """Each program runs after the service of the previous one was stopped."""
    board = bench.board()
    for program in blocks("python"):
        board.run(f"exec({program!r}, globals()); autoip.stop()")
    address = board.ask("address")
    assert [frame.arp.psrc for frame in bench.capture.announcements_of(board.mac)][:1] == [address]
    board.run("svc = autoip.start(nic, on_event=on_event)")
    assert board.ask("svc.wait()") == address
