# SPDX-License-Identifier: MIT
"""report.py PAGE
Writes docs/programs.md from the results of the tests that `make apps` has run.
"""

import json
import pathlib
import string
import sys

from .conftest import RESULTS
from .packages import pinned
from .programs import PROGRAMS
from .scenario import STEPS, STEPS_WITH_OLD

_BOARDS = {"Board": "UNIX_TAP", "QemuBoard": "QEMU_MPS2"}
_PAGE = string.Template(pathlib.Path(__file__).with_name("page.md").read_text())


def results():
    return [json.loads(file.read_text()) for file in sorted(RESULTS.glob("*.json"))]


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


def based_on(program):
    versions = pinned()
    return ", ".join(f"{name} {versions.get(name, 'from MicroPython')}" for name in program.BASED_ON)


def title(step):
    return step.__name__.replace("_", " ")


def programs():
    rows = []
    for program in PROGRAMS:
        source = f"[{program.SOURCE}](../host_tests/apps/programs/{program.SOURCE})"
        rows.append([source, based_on(program) or "plain sockets", program.CLIENT])
    return table(["program", "packages", "on the host"], rows)


def cell(answers, step):
    """The longest time for a step, and in brackets the time for the static address."""
    at_step = [(seconds, static) for name, _, seconds, static in answers if name == title(step)]
    return "{:.1f} ({:.1f})".format(*max(at_step)) if at_step else "-"


def result_tables(found, steps, old):
    """A table for each board, with a row for each program and a column for each step."""
    tables = []
    for kind, board in _BOARDS.items():
        lived = [each for each in found if each["board"] == kind and each.get("old", False) == old]
        answers = {each["program"]: each["answers"] for each in lived if "program" in each}
        rows = [
            [program.SOURCE.removesuffix(".py"), *[cell(answers[program.__name__], step) for step in steps]]
            for program in PROGRAMS
            if program.__name__ in answers
        ]
        tables.append(f"{board}:\n\n" + table(["program", *map(title, steps)], rows))
    return "\n".join(tables)


def load(found):
    rows = []
    for each in found:
        board = _BOARDS[each["board"]]
        if "connections" in each:
            what = f"{each['connections']} connections, one after the other, then `ab -c 4 -n 100`"
            left = f"the heap grows by {each['grown']} bytes"
            pools = "lwIP's pools have as many free elements as before"
            rows.append([what, board, f"{each['seconds']:.0f} s; {left}, and {pools}"])
        for way in ("upload", "download"):
            if way in each:
                speed = f"{each[way]:.2f} times the speed at the static address"
                rows.append([f"1 MB {way} with a check of the content", board, speed])
        if "claims" in each:
            result = f"{each['claims']} claims; the heap grows by {each['grown']} bytes"
            rows.append(["`nmap -sS -sU -sV -O` while the board claims addresses", board, result])
    return table(["what", "board", "result"], sorted(rows))


def main(page):
    found = results()
    text = _PAGE.substitute(
        programs=programs(),
        steps=table(["step", "what happens"], [[title(step), step.__doc__] for step in STEPS]),
        all_steps=result_tables(found, STEPS, False),
        steps_with_old=result_tables(found, STEPS_WITH_OLD, True),
        load=load(found),
    )
    pathlib.Path(page).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
