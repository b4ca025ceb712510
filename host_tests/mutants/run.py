# SPDX-License-Identifier: MIT
"""make mutants: changes lib/autoip in one place at a time, and checks that a test of the engine fails.

run.py [ALL] [FILE ...]    prints the mutants that survive, unless equivalent.toml lists them with a reason

Each mutant runs in its own forked process, which imports the mutant instead of the file. The tests that are
most likely to fail run first. ALL also runs the mutants in equivalent.toml, and checks that no test fails.
"""

import contextlib
import importlib.abc
import importlib.util
import inspect
import io
import itertools
import multiprocessing.connection
import os
import pathlib
import signal
import sys
import tempfile
import time
import tomllib

import pytest
from mutate import Mutant, mutants

ROOT = pathlib.Path(__file__).parents[2]
PACKAGE = ROOT / "lib/autoip"
ENGINE = ROOT / "host_tests/engine"
EQUIVALENT = pathlib.Path(__file__).with_name("equivalent.toml")
LIMIT = 5  # s of processor time for one test; a test of the unchanged files needs at most a quarter of this

# The test modules for each file. The modules that detect the most changes come first. Other modules detect
# none.
_MACHINE = [
    *("test_conflict", "test_link", "test_several_interfaces", "test_verdicts"),
    *("test_rate_limit", "test_claim", "test_clock"),
]
_SERVICE = ["test_service", "test_interrupts", "test_heap", "test_options"]
# The slow ones. test_soak comes last, because its services keep running.
_SLOW = ["test_interrupts_everywhere", "test_soak"]
_ADDRESSES = ["test_options", "test_populations", "test_several_interfaces", "test_claim", "test_service"]
TESTS = {
    "acd.py": [*_MACHINE, *_SERVICE, *_SLOW],
    "candidates.py": _ADDRESSES,
    "options.py": ["test_options", "test_service"],
    "service.py": [*_SERVICE, "test_rate_limit", "test_several_interfaces", *_SLOW],
    "store.py": ["test_store", "test_service"],
    "__init__.py": ["test_service"],
}


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the mutant in place of its module."""

    def __init__(self, mutant):
        self._name = "autoip" if mutant.file == "__init__.py" else f"autoip.{mutant.file[:-3]}"
        self._path = PACKAGE / mutant.file
        self._source = mutant.source

    def find_spec(self, name, path, target=None):
        if name != self._name:
            return None
        where = [str(PACKAGE)] if name == "autoip" else None
        return importlib.util.spec_from_file_location(
            name, self._path, loader=self, submodule_search_locations=where
        )

    def exec_module(self, module):
        exec(compile(self._source, self._path, "exec"), module.__dict__)


def _call(test):
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)  # the timer's signal ends the process
    arguments = inspect.signature(test).parameters
    if not arguments:
        test()
    elif list(arguments) == ["monkeypatch"]:
        with pytest.MonkeyPatch.context() as monkeypatch:
            test(monkeypatch)


def _kill(mutant):
    """The test that fails with the mutant, or None."""
    sys.meta_path.insert(0, _Finder(mutant))
    name = "import"
    try:
        for module in TESTS[mutant.file]:
            tests = __import__(module)
            for name in sorted(vars(tests)):
                if name.startswith("test_"):
                    _call(getattr(tests, name))
    except BaseException:  # includes exit and Ctrl-C, because a mutant must not end this program
        return name
    return None


def _test(mutant, result):
    """Runs in its own process. result: a connection that gets the result of _kill()."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        killer = _kill(mutant)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    result.send(killer)


def _results(mutants):
    """Test mutants, as many at a time as there are processors. Yields (mutant, the test that fails or None).

    The main thread forks. A process that another thread forks misses signals with Python 3.13.
    """
    fork = multiprocessing.get_context("fork")
    waiting, running = iter(mutants), {}
    while True:
        for mutant in itertools.islice(waiting, os.cpu_count() - len(running)):
            result, child_end = fork.Pipe(duplex=False)
            process = fork.Process(target=_test, args=(mutant, child_end))
            process.start()
            child_end.close()
            running[result] = mutant, process
        if not running:
            return
        for result in multiprocessing.connection.wait(running):
            mutant, process = running.pop(result)
            try:
                killer = result.recv()
            except EOFError:
                killer = "the limit of processor time"
            process.join()
            result.close()
            yield mutant, killer


def _equivalents():
    """Returns {(file, line, changed line): reason}."""
    entries = tomllib.loads(EQUIVALENT.read_text())
    return {
        (file, *change): entry["reason"]
        for file, group in entries.items()
        for entry in group
        for change in entry["changes"]
    }


def main(arguments):
    everything = "ALL" in arguments
    files = [name for name in arguments if name != "ALL"] or list(TESTS)
    equivalents = _equivalents()
    every = [mutant for name in files for mutant in mutants(name, (PACKAGE / name).read_text())]
    known = {mutant.key for mutant in every}
    stale = [key for key in equivalents if key[0] in files and key not in known]
    chosen = [mutant for mutant in every if everything or mutant.key not in equivalents]
    sys.path[:0] = [str(path) for path in (ROOT / "lib", ENGINE, ENGINE / "cpython", ENGINE / "shim")]
    start = time.monotonic()
    unchanged = [Mutant(name, 0, "", "", (PACKAGE / name).read_text()) for name in files]
    survivors, dead = [], []
    # Some tests write files.
    with tempfile.TemporaryDirectory(prefix="autoip-mutants-") as folder:
        tempfile.tempdir = folder
        for mutant, killer in _results(unchanged):
            if killer:
                sys.exit(f"{killer} fails with the unchanged {mutant.file}")
        for mutant, killer in _results(chosen):
            if killer and mutant.key in equivalents:
                dead.append((mutant, killer))
            elif not killer and mutant.key not in equivalents:
                survivors.append(mutant)
                print(mutant, flush=True)
    for mutant, killer in dead:
        print(f"{mutant}\n  is not equivalent: {killer} fails")
    for file, before, after in stale:
        print(f"{EQUIVALENT.name}: no such mutant of {file}\n  - {before}\n  + {after}")
    skipped = len(every) - len(chosen)
    print(
        f"{len(chosen)} mutants in {time.monotonic() - start:.0f} s, {len(survivors)} survive; "
        f"{len(equivalents)} entries in {EQUIVALENT.name}, {skipped} mutants skipped"
    )
    return 1 if survivors or dead or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
