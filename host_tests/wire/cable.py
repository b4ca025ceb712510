# SPDX-License-Identifier: MIT
"""The cable of a real board. The command LINK_CMD connects and disconnects the cable. Without LINK_CMD, a
person does this.

The command gets the argument "up" or "down".
"""

import os
import select
import shlex
import subprocess

import pytest

_TIME = 60  # s that the command or a person may take
_PULLS_MAX = 5  # times that a person is asked to pull the cable. The tests of a claim need 3.
_ASK = {True: "plug the cable of the board in", False: "unplug the cable of the board"}

_pulls = 0


def move_cable(up):
    """Pull the cable or plug it in, and return once this has been done.

    Skips the test if there is neither a command nor a person.
    """
    global _pulls
    command = os.environ.get("LINK_CMD")
    if command:
        subprocess.run([*shlex.split(command), "up" if up else "down"], check=True, timeout=_TIME)
    elif os.environ.get("NO_HANDS"):
        pytest.skip("NO_HANDS=1: the test pulls the cable")
    elif not up and _pulls == _PULLS_MAX:
        pytest.skip(
            f"a person has pulled the cable {_PULLS_MAX} times, the limit. Pass LINK_CMD= to run this test."
        )
    else:
        _pulls += not up
        _ask_person(_ASK[up])


def _ask_person(what):
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        pytest.skip("there is no terminal to ask a person to pull the cable: pass LINK_CMD=")
    try:
        os.write(terminal, f"\r\n{what} now, within {_TIME} s, and press Enter: ".encode())
        if not select.select([terminal], [], [], _TIME)[0]:
            pytest.skip(f"no person has pressed Enter within {_TIME} s. NO_HANDS=1 skips such tests.")
        os.read(terminal, 4096)
    finally:
        os.close(terminal)
