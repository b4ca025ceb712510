# SPDX-License-Identifier: MIT
"""Writes docs/conformance.md: each clause, the tests that name it, and their results.

report.py RUN.xml ... [CLAIMS.json]   reads results from pytest's --junitxml, and claims from timing.py
report.py                             writes the page from the results in docs/conformance.json
report.py --check                     fails if the tests, the clauses and the page do not agree
"""

import collections
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import clauses
import timing

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/conformance.md"
KEPT = PAGE.with_suffix(".json")

# A parameter of the test says where it ran. Without such a parameter, its directory does.
_KINDS = {"unix": "UNIX_TAP", "qemu": "QEMU_MPS2", "task": "UNIX_TASK"}
_KINDS |= {board: board for board in (*_KINDS.values(), "RPI_PICO_W", "W5500_EVB_PICO")}
_DIRECTORIES = {"engine": "CPython", "fuzz": "host", "conformance": "host"}
_IN_ORDER = (*dict.fromkeys(_KINDS.values()), "CPython", "MicroPython", "host")
_ON_MICROPYTHON = "engine/cpython/test_on_micropython.py::test_on_micropython"
_WORST_FIRST = ("failed", "passed", "skipped")  # the first of these counts for a test with parameters

TITLES = {
    "rfc3927": "RFC 3927, Dynamic Configuration of IPv4 Link-Local Addresses",
    "rfc5227": "RFC 5227, IPv4 Address Conflict Detection",
    "bonjour": "Link-local part of Apple's Bonjour Conformance Test, as far as this project knows the test",
    "corner": "Corner cases that the RFCs do not describe",
    "decision": "Decisions where the RFCs leave a choice, or differ",
    "regression": "Bugs that other implementations had",
}

PAGE_TEXT = """\
# Conformance

| | clauses | passed | failed | no result | not for autoip |
|---|---:|---:|---:|---:|---:|
{summary}

A clause passes if at least one of its tests has passed and none has failed. Clauses that are "not for autoip" apply to
other software or addresses, for example to the application, to lwIP's DNS resolver, or to addresses that are not
link-local. The [tables](#{first})
list each clause with its tests and their results. Each test names the ids of the clauses that it tests.

`make conformance` ran the tests on {date}, at commit {commit}, and wrote this page. Of {tests:,} tests, {passed:,} passed,
{skipped} were skipped and {failed} failed. A test that runs on several types of board counts once for each type.
`make lint` fails if this page, the tests and [the clauses](../host_tests/conformance/clauses.toml) do not agree.

{timing}
## Words in the tables

| word | meaning |
|---|---|
| UNIX_TAP, QEMU_MPS2, UNIX_TASK, RPI_PICO_W, W5500_EVB_PICO | boards on a virtual network, in real time, see [boards.md](boards.md) |
| CPython, MicroPython | the interpreters that run the protocol on a simulated network, where time is exact |
| "passed on host" | The test passed with the C code alone, which was compiled with sanitizers and ran on a computer. |
| "no result yet" | The test was not part of the last run of `make conformance`, for example because the test is newer. |
| P1, P2, P3 | the three probes of a claim |
| N1, N2 | the two announcements of a claim |
| C | a candidate, the address that a host probes |
| A | the address that a host has |
| X | the address of another host |
| SHA, SPA, THA, TPA | the sender's and the target's hardware and protocol addresses in an ARP packet |
| probe window | the time from the start of a claim until ANNOUNCE_WAIT after the last probe |
| names in capitals, such as ANNOUNCE_WAIT | the constants of RFC 3927 section 9 and RFC 5227 1.1 |
| echo | a frame that the board has sent and that comes back to the board |
| TEXT | a requirement that the RFC states without a keyword such as MUST or SHOULD |
| (a), (b), (c) | the reactions to a conflict in RFC 3927 2.5 and RFC 5227 2.4 |

{groups}
{links}
"""  # noqa: E501


def main(arguments):
    if arguments == ["--check"]:
        return _check()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    runs = [Path(each) for each in arguments if each.endswith(".xml")]
    if runs:
        kept["run"], kept["results"] = read_runs(runs)
    for each in arguments:
        if each.endswith(".json"):
            kept["claims"] = json.loads(Path(each).read_text())
    KEPT.write_text(_dump(kept))
    PAGE.write_text(page(kept))
    if "claims" in kept:
        timing.draw(kept["claims"], PAGE.with_suffix(".svg"))
    failed = [test for test, found in kept["results"].items() if "failed" in found.values()]
    print("\n".join(f"failed: {test}" for test in failed) or f"{PAGE.name}: no test failed")
    return 1 if failed else 0


def _check():
    errors = list(clauses.errors())
    if page(json.loads(KEPT.read_text())) != PAGE.read_text():
        errors.append(f"{PAGE.name} is stale: run make conformance-page, and commit the page")
    for error in errors:
        print(error, file=sys.stderr)
    return 1 if errors else 0


def _dump(kept):
    """JSON with one line for each test, and one for each claim."""
    text = json.dumps(kept, indent=1, sort_keys=True)
    return re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda inner: " ".join(inner[0].split()), text) + "\n"


# Results


def read_runs(paths):
    """Returns (date and commit of the run, {test: {where: "passed", "failed" or "skipped"}})."""
    results = collections.defaultdict(dict)
    modules = {}  # module of engine/ -> its result on MicroPython
    for path in paths:
        suite = ElementTree.parse(path).getroot().find("testsuite")
        for case in suite.iter("testcase"):
            test, parameters = _name(case)
            where, outcome = _where(test, parameters), _outcome(case)
            known = results[test].get(where, outcome)
            results[test][where] = min(known, outcome, key=_WORST_FIRST.index)
            if test == _ON_MICROPYTHON:
                modules[f"engine/{parameters[0]}.py"] = outcome
    for test, found in results.items():
        if outcome := modules.get(test.split("::")[0]):
            found["MicroPython"] = outcome
    commit = subprocess.check_output(
        ["git", "-c", "safe.directory=*", "describe", "--always", "--dirty"], cwd=ROOT, text=True
    ).strip()
    return {"date": suite.get("timestamp")[:10], "commit": commit}, results


def _name(case):
    """Returns ("engine/test_claim.py::test_x", its parameters)."""
    *folders, last = case.get("classname").split(".")
    name, _, parameters = case.get("name").partition("[")
    if folders[-1].startswith("test_"):  # a class in a module counts as one test
        folders, last, name = folders[:-1], folders[-1], last
    folders = folders[1:] if folders[0] == clauses.HOST_TESTS.name else folders
    return f"{'/'.join([*folders, last])}.py::{name}", parameters.rstrip("]").split("-")


def _where(test, parameters):
    kinds = [_KINDS[each] for each in parameters if each in _KINDS]
    return kinds[0] if kinds else _DIRECTORIES.get(test.split("/")[0], "UNIX_TAP")


def _outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


# The page


def page(kept):
    results = kept.get("results", {})
    groups = clauses.read()
    tests = collections.defaultdict(list)  # id -> tests
    for test, ids in clauses.cited().items():
        for each in ids:
            tests[each].append(test)
    outcomes = collections.Counter(outcome for found in results.values() for outcome in found.values())
    files = sorted({test.split("::")[0] for named in tests.values() for test in named})
    return PAGE_TEXT.format(
        **kept["run"],
        tests=outcomes.total(),
        **{word: outcomes[word] for word in _WORST_FIRST},
        summary="\n".join(_summary(group, groups[group], tests, results) for group in groups),
        first=_anchor(TITLES[next(iter(groups))]),
        timing=timing.words(kept["claims"]) if "claims" in kept else "",
        groups="\n".join(_group(group, groups[group], tests, results) for group in groups),
        links="\n".join(f"[{file}]: ../host_tests/{file}" for file in files),
    )


def _summary(group, members, tests, results):
    counted = collections.Counter(
        _verdict([results.get(test, {}) for test in tests[clause.id]]) if tests[clause.id] else "others"
        for clause in members
    )
    columns = [counted[word] for word in ("passed", "failed", "none", "others")]
    title = f"[{TITLES[group]}](#{_anchor(TITLES[group])})"
    return f"| {title} | {len(members)} | {' | '.join(map(str, columns))} |"


def _anchor(title):
    """The anchor that GitHub creates for a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _verdict(found):
    """The result for a clause: "failed" if a test has failed, or else "passed" if a test has passed."""
    outcomes = {outcome for each in found for outcome in each.values()}
    return next((word for word in ("failed", "passed") if word in outcomes), "none")


def _group(group, members, tests, results):
    rows = "\n".join(_row(clause, tests[clause.id], results) for clause in members)
    header = "| id | level | requirement | result | tests |\n|---|---|---|---|---|"
    return f"## {TITLES[group]}\n\n{header}\n{rows}\n"


def _row(clause, tests, results):
    asked = clause.text + (f". **autoip**: {clause.departure}" if clause.departure else "")
    result = _result(tests, results) if tests else f"not for autoip: {clause.others}"
    return f"| {clause.id} | {clause.level} | {asked} | {result} | {_names(tests)} |".replace("|  |", "| |")


def _result(tests, results):
    places = collections.defaultdict(set)  # outcome -> where
    for test in tests:
        for where, outcome in results.get(test, {}).items():
            places[outcome].add(where)
    failed = [test for test in tests if "failed" in results.get(test, {}).values()]
    silent = [test for test in tests if test not in results]
    parts = []
    if failed:
        parts.append(f"**failed** on {_listed(places['failed'])}: {_names(failed)}")
    if places["passed"]:
        parts.append(f"passed on {_listed(places['passed'])}")
    if skipped := places["skipped"] - places["passed"]:
        parts.append(f"skipped on {_listed(skipped)}")
    if silent:
        parts.append(_no_result(len(silent), len(tests)))
    return "; ".join(parts)


def _no_result(silent, tests):
    if silent == tests:
        return "no result yet"
    return "1 test has no result yet" if silent == 1 else f"{silent} tests have no result yet"


def _listed(places):
    return ", ".join(sorted(places, key=_IN_ORDER.index))


def _names(tests):
    """The names of the tests as words, grouped by file."""
    files = collections.defaultdict(list)
    for test in tests:
        file, name = test.split("::")
        files[file].append(name.removeprefix("test_").replace("_", " "))
    return "; ".join(f"[{file}]: {', '.join(names)}" for file, names in files.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
