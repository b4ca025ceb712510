# SPDX-License-Identifier: MIT
"""Figures of the three builds side by side, compared with their budgets and with the committed figures."""

import json
import re
import sys

from board import BUILDS, ROOT
from rich.console import Console
from rich.table import Table

_JSON = ROOT / "docs" / "cost.json"
_PAGE = ROOT / "docs" / "cost.md"
_WIDTH = 140
_COLUMNS = (*BUILDS, "lwip ÷ none", "autoip ÷ none", "committed", "change", "budget")

# The rows of the summary: the command, the name of the figure, and the unit if the name doesn't contain the
# unit.
_SUMMARY = (
    ("size", "flash added", "bytes"),
    ("size", "RAM: C module and one service", "bytes"),
    ("size", "heap: import autoip, once", "bytes"),
    ("bench", "heap: 10,000 ARP frames", "bytes"),
    ("bench", "ms from power-on to the first web page, median", ""),
)


class Figures:
    """The figures that one command measures. tools: name -> version of each tool that affects the figures."""

    def __init__(self, command, tools):
        self._command = command
        self._tools = tools
        self._rows = {}
        self._budgets = {}
        self._kept = json.loads(_JSON.read_text()).get(command) if _JSON.exists() else None

    def add(self, name, budget=None, **builds):
        """Add a row. builds: build -> its figure. budget: the largest figure that is allowed for autoip."""
        self._rows[name] = builds
        if budget is not None:
            self._budgets[name] = budget

    def show(self):
        """Print the figures. The columns `committed` and `change` are for autoip."""
        table = Table(title=f"make {self._command}: {_words(self._tools)}")
        for column in ("", *_COLUMNS):
            table.add_column(column, justify="right" if column else "left")
        for name in self._rows:
            table.add_row(name, *self._cells(name))
        Console(width=_WIDTH).print(table)
        if self._kept and self._kept["tools"] != self._tools:
            print("the committed figures are from other tools:", _words(self._kept["tools"]))
        gone = set(self._kept["figures"] if self._kept else ()) - set(self._rows)
        if gone:
            print("committed figures that are no longer measured:", ", ".join(sorted(gone)))

    def check(self, tool):
        """Exit with a message if a figure differs from the committed figure. With another version of the
        tool, only print a message.
        """
        kept = self._kept
        if kept["tools"][tool] != self._tools[tool]:
            now = self._tools[tool]
            print(f"docs/cost.md is not checked: it is for {tool} {kept['tools'][tool]}, not {now}")
            return
        stale = [name for name, builds in self._rows.items() if kept["figures"].get(name) != builds]
        if stale:
            sys.exit(f"docs/cost.md is stale: `make {self._command} KEEP=1` updates {', '.join(stale)}")

    def keep(self):
        """Write the figures to docs/cost.json, and the table to docs/cost.md."""
        kept = json.loads(_JSON.read_text()) if _JSON.exists() else {}
        kept[self._command] = {"tools": self._tools, "figures": self._rows}
        _JSON.write_text(json.dumps(kept, indent=1) + "\n")
        page = _replace_part(_PAGE.read_text(), f"make {self._command}", self._markdown())
        _PAGE.write_text(_replace_part(page, "summary", _summary(kept)))

    def _cells(self, name):
        row = self._rows[name]
        kept = (self._kept or {"figures": {}})["figures"].get(name, {}).get("autoip")
        value = row.get("autoip")
        change = None if None in (kept, value) else round(value - kept, 1)
        return [
            *(_number(row.get(build)) for build in BUILDS),
            _ratio(row.get("lwip"), row.get("none")),
            _ratio(value, row.get("none")),
            _number(kept),
            "" if change is None else f"{change:+,}" if change else "0",
            self._verdict(name, value),
        ]

    def _verdict(self, name, value):
        if name not in self._budgets:
            return ""
        budget = self._budgets[name]
        return f"{budget:,}: {'met' if value <= budget else 'MISSED'}"

    def _markdown(self):
        columns = [i for i, column in enumerate(_COLUMNS) if column not in ("committed", "change")]
        rows = [["", *(_COLUMNS[i] for i in columns)], ["---", *["---:"] * len(columns)]]
        for name in self._rows:
            cells = self._cells(name)
            rows.append([name, *(cells[i] for i in columns)])
        return _words(self._tools) + "\n\n" + _lines(rows)


def _replace_part(page, name, text):
    """Returns the page with a new text between the comment <!-- name --> and the next `end` comment."""
    start, end = f"<!-- {name} -->\n", "<!-- end -->"
    assert start in page, f"{_PAGE} has no {start}"
    return re.sub(f"(?s)({start}).*?({end})", lambda found: found[1] + text + found[2], page)


def _summary(kept):
    rows = [["", "autoip", "lwIP's AutoIP"], ["---", "---:", "---:"]]
    for command, name, unit in _SUMMARY:
        builds = kept.get(command, {"figures": {}})["figures"].get(name, {})
        cells = (
            f"{_number(builds[build])} {unit}" if build in builds else "-" for build in ("autoip", "lwip")
        )
        rows.append([name, *(cell.strip() for cell in cells)])
    return _lines(rows)


def _lines(rows):
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _words(tools):
    return ", ".join(f"{name} {version}" for name, version in tools.items())


def _number(value):
    return "" if value is None else f"{value:,}"


def _ratio(value, base):
    return f"{value / base:.2f}" if value and base else ""
