#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands that README.md shows.

readme.py [TARGET...]   prints the commands that a fresh machine can run; with TARGET, only `make TARGET`
"""

import pathlib
import re
import sys
from typing import NamedTuple

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"

COMMAND = re.compile(r"^ {4,}((?:make|sudo|python3|pip|git|mpremote)\b.*?)(?:\s+#.*)?$", re.MULTILINE)
# What a fresh machine does not have: a checkout of MicroPython, a board, a network card for a board, a
# capture.
ABSENT = re.compile(r"\.\./micropython|PORT=|NIC=|PCAP=|BOARD=RPI|\bflash\b|\bdeploy\b|\bmpremote\b")
SESSION = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Command(NamedTuple):
    line: str
    session: tuple = ()  # the lines of the REPL session to type after the command, with their output

    @property
    def absent(self):
        """What the command needs but a fresh machine does not have, or None."""
        found = ABSENT.search(self.line)
        return found and found[0].rstrip("=")

    @property
    def target(self):
        """The make target, if the command runs make."""
        words = self.line.split()
        return words[1] if words[0] == "make" else None


def commands(text=None):
    """All commands of README.md in order. `make run` starts a REPL. Its Command has the session to type
    there.
    """
    text = README.read_text() if text is None else text
    session = SESSION.search(text)
    lines = tuple(session[1].splitlines()) if session else ()
    found = [Command(line) for line in COMMAND.findall(text)]
    return [each._replace(session=lines) if each.target == "run" else each for each in found]


def main(targets):
    for command in commands():
        if not command.absent and (not targets or command.target in targets):
            print(command.line)


if __name__ == "__main__":
    main(sys.argv[1:])
