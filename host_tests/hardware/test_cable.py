# SPDX-License-Identifier: MIT
"""To unplug the cable of a real board, tests run LINK_CMD. Without LINK_CMD, they ask a person, at most five
times.
"""

import os
import subprocess
import sys

import pexpect
import pytest
from wire import cable
from wire.board import ROOT

PULLS = """
from wire.cable import move_cable
for _ in range(6):
    move_cable(False)
    move_cable(True)
"""


def test_link_cmd_is_called_with_down_and_up(monkeypatch, tmp_path):
    monkeypatch.setenv("LINK_CMD", f"sh -c 'echo $0 >>{tmp_path}/moves'")
    cable.move_cable(False)
    cable.move_cable(True)
    assert (tmp_path / "moves").read_text().split() == ["down", "up"]


def test_no_hands_skips_a_test_that_needs_a_person(monkeypatch):
    monkeypatch.delenv("LINK_CMD", raising=False)
    monkeypatch.setenv("NO_HANDS", "1")
    with pytest.raises(pytest.skip.Exception, match="NO_HANDS=1"):
        cable.move_cable(False)


def test_a_person_is_asked_at_most_five_times():
    environment = {key: value for key, value in os.environ.items() if key not in ("LINK_CMD", "NO_HANDS")}
    environment["PYTHONPATH"] = str(ROOT / "host_tests")
    person = pexpect.spawn(sys.executable, ["-c", PULLS], env=environment, timeout=60, encoding="utf-8")
    for _ in range(5):
        person.expect_exact("unplug the cable of the board now")
        person.sendline()
        person.expect_exact("plug the cable of the board in now")
        person.sendline()
    person.expect_exact("a person has pulled the cable 5 times")
    person.close()


def test_without_a_terminal_no_person_is_asked():
    environment = {key: value for key, value in os.environ.items() if key not in ("LINK_CMD", "NO_HANDS")}
    environment["PYTHONPATH"] = str(ROOT / "host_tests")
    command = [sys.executable, "-c", "from wire.cable import move_cable; move_cable(False)"]
    done = subprocess.run(command, env=environment, start_new_session=True, capture_output=True, text=True)
    assert "there is no terminal" in done.stderr
