#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The commands that README.md shows.

readme.py [TARGET...]   prints those that a fresh machine can run, one per line; with TARGET, only make TARGET
"""

import pathlib
import re
import sys
from typing import NamedTuple

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"

COMMAND = re.compile(r"^    ((?:make|sudo|python3|pip|git|mpremote)\b.*?)(?:\s+#.*)?$")
# What a fresh machine lacks: a checkout of MicroPython, a board, a network interface to use, a capture.
ABSENT = re.compile(r"MICROPY_DIR=|PORT=|NIC=|PCAP=|BOARD=RPI|\bflash\b|\bdeploy\b|\bmpremote\b")
SESSION = "```pycon"


class Command(NamedTuple):
    line: str
    session: tuple = ()  # lines of the REPL session below the command, with their output

    @property
    def absent(self):
        """What the command needs and a fresh machine lacks, or None."""
        found = ABSENT.search(self.line)
        return found and found[0].rstrip("=")

    @property
    def target(self):
        """The target, if the command is a make."""
        words = self.line.split()
        return words[1] if words[0] == "make" else None


def commands(text=None):
    """All commands of README.md, in its order."""
    found = []
    session = None
    for line in (README.read_text() if text is None else text).splitlines():
        if session is not None:
            if line == "```":
                found[-1] = found[-1]._replace(session=tuple(session))
                session = None
            else:
                session.append(line)
        elif line == SESSION and found:
            session = []
        elif match := COMMAND.match(line):
            found.append(Command(match[1]))
    return found


def main(targets):
    for command in commands():
        if not command.absent and (not targets or command.target in targets):
            print(command.line)


if __name__ == "__main__":
    main(sys.argv[1:])
