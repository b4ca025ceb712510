# SPDX-License-Identifier: MIT
"""The changes that a mutation test makes to a Python file, one per mutant."""

import ast
import io
import itertools
import tokenize
from typing import NamedTuple

COMPARISONS = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
OPERATORS = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "//",
    ast.FloorDiv: "*",
    ast.Mod: "*",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "&",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
REMOVABLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Continue, ast.Delete)


class Mutant(NamedTuple):
    """A file with one change. line: starts at 1. before, after: the line without indentation and comment."""

    file: str
    line: int
    before: str
    after: str
    source: str

    @property
    def key(self):
        return self.file, self.before, self.after

    def __str__(self):
        return f"{self.file}:{self.line}\n  - {self.before}\n  + {self.after}"


class _Source:
    def __init__(self, text):
        self.data = text.encode()
        self._lines = [0, *itertools.accumulate(map(len, self.data.splitlines(keepends=True)))]

    def span(self, node):
        return (
            self._lines[node.lineno - 1] + node.col_offset,
            self._lines[node.end_lineno - 1] + node.end_col_offset,
        )

    def of(self, node):
        start, end = self.span(node)
        return self.data[start:end].decode()


def _docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant):
                yield node.body[0]


def _negated(tree):
    # Skip the number in -1. The code uses -1 for "none", and any other negative number means the same.
    for node in ast.walk(tree):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield node.operand


def _of_operator(source, left, right, new):
    """The operator between two operands, without the parentheses around it."""
    start, end = source.span(left)[1], source.span(right)[0]
    between = source.data[start:end].decode()
    head = between[: len(between) - len(between.lstrip(" )\n"))]
    tail = between[len(between.rstrip(" (\n")) :]
    return start, end, head + new + tail


def _of_expression(source, node):
    """(start, end, text) of each change to one expression."""
    if isinstance(node, ast.Compare):
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            yield _of_operator(source, left, right, COMPARISONS[type(operator)])
            left = right
    elif isinstance(node, ast.BoolOp):
        new = "or" if isinstance(node.op, ast.And) else "and"
        for left, right in itertools.pairwise(node.values):
            yield _of_operator(source, left, right, new)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        if not (isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant)):  # text % values
            yield _of_operator(source, node.left, node.right, OPERATORS[type(node.op)])
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.Invert, ast.USub)):
        yield (*source.span(node), f"({source.of(node.operand)})")
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield (*source.span(node), str(not node.value))
        elif isinstance(node.value, int):
            yield (*source.span(node), str(node.value + 1))
            if node.value > 0:
                yield (*source.span(node), str(node.value - 1))
    elif isinstance(node, (ast.If, ast.IfExp)):
        yield (*source.span(node.test), "True")
        yield (*source.span(node.test), "False")
    elif isinstance(node, ast.While):
        yield (*source.span(node.test), "False")


def _returns_none(node):
    value = getattr(node, "value", None)
    return isinstance(node, ast.Return) and (value is None or getattr(value, "value", 0) is None)


def _of_statement(source, node):
    if isinstance(node, REMOVABLE) and not _returns_none(node):
        yield (*source.span(node), "pass")


def _without_comments(text):
    # equivalent.toml identifies a mutant by its line, and a new comment must not change the line.
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines) + "\n"


def mutants(name, text):
    """All mutants of a file's text, without duplicates."""
    text = _without_comments(text)
    source = _Source(text)
    tree = ast.parse(text)
    skipped = {*_docstrings(tree), *_negated(tree)}
    found = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        for start, end, new in itertools.chain(_of_expression(source, node), _of_statement(source, node)):
            changed = (source.data[:start] + new.encode() + source.data[end:]).decode()
            if changed in found or changed == text:
                continue
            found.add(changed)
            line = source.data[:start].count(b"\n")
            old, fresh = text.splitlines(), changed.splitlines()
            count = len(fresh) - len(old) + 1
            after = " ".join(each.strip() for each in fresh[line : line + max(count, 1)])
            yield Mutant(name, line + 1, old[line].strip(), after, changed)
