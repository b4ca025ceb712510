# SPDX-License-Identifier: MIT
"""The clauses that autoip has to follow (clauses.toml), and the tests that name them.

A test names a clause by its id, in full, in its docstring or in a comment.
"""

import ast
import re
import tomllib
from pathlib import Path
from typing import NamedTuple

HOST_TESTS = Path(__file__).parents[1]
_TABLE = Path(__file__).with_name("clauses.toml")
_NOTES = ("others", "departures")

_ID = re.compile(r"\b(?:R(?:3927|5227)-[\d.]+-[a-z]|BCT-[I\d.]+[ab]?|X-\d\d|[BD]\d\d?)\b")
SHORT = re.compile(rf"{_ID.pattern}(?:,|,? (?:to|and|-))? -[\d.]*[a-z]")


class Clause(NamedTuple):
    """level: MUST, SHOULD, ..., or TEXT for a requirement without such a word. For a bug, the projects that
    had the bug.
    """

    id: str
    level: str
    text: str
    others: str  # what the clause applies to if it is not for autoip, or ""
    departure: str  # what autoip does instead by default, or ""


def read():
    """Returns {name of the group: its clauses}."""
    table = tomllib.loads(_TABLE.read_text())
    others, departures = (table.pop(name) for name in _NOTES)
    return {
        group: [
            Clause(id, *entry, others.get(id, ""), departures.get(id, "")) for id, entry in entries.items()
        ]
        for group, entries in table.items()
    }


def cited():
    """Returns {"engine/test_claim.py::test_x": the ids that it names} for all tests that name an id."""
    return {
        f"{path.relative_to(HOST_TESTS)}::{test}": ids
        for path in sorted(HOST_TESTS.glob("**/test_*.py"))
        for test, ids in cited_in(path.read_text())
    }


def errors():
    """Yields a line for each abbreviated id in a test, and for each id that is not the id of a clause."""
    known = {clause.id for group in read().values() for clause in group}
    for test, ids in cited().items():
        for each in sorted(ids - known):
            yield f"{test}: {each} is not in {_TABLE.name}"
    for path in sorted(HOST_TESTS.glob("**/test_*.py")):
        for short in SHORT.finditer(path.read_text()):
            yield f"{path.relative_to(HOST_TESTS)}: write the ids in full: {short[0]}"


def cited_in(source):
    """Yields (name of a test, ids), in the order of the file."""
    nodes = ast.parse(source).body
    classes = {node.name: node for node in nodes if isinstance(node, ast.ClassDef)}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            name, proof = node.name, node
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            # A test of hypothesis: test_story = Story.TestCase
            name, proof = getattr(node.targets[0], "id", ""), classes.get(getattr(node.value.value, "id", ""))
        else:
            continue
        lines = source.splitlines()[proof.lineno - 1 : proof.end_lineno] if proof else []
        ids = set(_ID.findall("\n".join(lines)))
        if name.startswith("test_") and ids:
            yield name, ids
