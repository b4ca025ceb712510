# SPDX-License-Identifier: MIT
"""Writes the table of the reports of make test-hardware into docs/boards.md.

table.py DIRECTORY          writes the table
table.py DIRECTORY check    fails with one line if the table is stale
"""

import collections
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "boards.md"
START = "<!-- make boards-table generates the text below from the reports in docs/hardware/ -->"
END = "<!-- the generated text ends here -->"
EMULATED = "pseudo-terminal"  # the serial port of an emulated board
_HEAD = [
    "| board | autoip, MicroPython | interface | passed | failed | skipped | s to the address | report |",
    "|---|---|---|---|---|---|---|---|",
]
_NONE = "There is no report yet. [hardware.md](hardware.md) describes how you can add the first report."


class BadReport(Exception):
    """A report or the page is not valid. The message explains why, in one line."""


def table(folder):
    """The table of the reports in the folder, as text."""
    rows = [_row(path) for path in sorted(folder.glob("*.json"))]
    return "\n".join([*_HEAD, *rows] if rows else [_NONE])


def _row(path):
    try:
        report = json.loads(path.read_text())
        board = report["boards"][0]
        counts = collections.Counter(result["outcome"] for result in report["results"].values())
        seconds = report["figures"].get("seconds from the reset to the address", "")
        version = f"{board['autoip']}, {board['firmware']}"
        serial = board["serial"]
        cells = [report["board"], version, f"{board['interface']}, {report['link']}"]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise BadReport(f"{path.name} is not a report of make test-hardware: {error!r}") from None
    if serial == EMULATED:
        raise BadReport(f"{path.name} is the report of an emulated board")
    if report["ended"] != "complete":
        raise BadReport(f"{path.name} is the report of a run that was not complete: {report['ended']}")
    cells += [counts["passed"], counts["failed"], counts["skipped"], seconds]
    cells.append(f"[{report['date']}](hardware/{path.name})")
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def insert(page, text):
    """The page, with the text between the two marks."""
    before, start, rest = page.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise BadReport(f"docs/boards.md lacks the lines {START} and {END}")
    return f"{before}{START}\n\n{text}\n\n{END}{after}"


def main(folder, check=None):
    try:
        page = insert(PAGE.read_text(), table(pathlib.Path(folder)))
    except BadReport as error:
        sys.exit(str(error))
    if check is None:
        PAGE.write_text(page)
    elif page != PAGE.read_text():
        sys.exit("docs/boards.md is stale: run `make boards-table`")


if __name__ == "__main__":
    main(*sys.argv[1:])
