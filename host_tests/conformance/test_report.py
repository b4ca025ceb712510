# SPDX-License-Identifier: MIT
"""clauses.py finds the ids in tests, and report.py reads the results of a run correctly."""

import clauses
import report

SOURCE = '''
"""No test: R3927-2.5-a."""

def test_claim(bench):
    """R3927-2.2.1-h, X-01: reported."""
    # BCT-I.6a
    assert bench  # D7

def test_of_nothing():
    pass

def helper():
    "B01"

class Story(Machine):
    # R5227-2.4-a

    def step(self):
        "B02"

test_story = Story.TestCase
'''

SHORT = "R3927-2.5-b" + ", -c"

RUN = """
<testsuites><testsuite timestamp="2026-11-25T12:00:00">
<testcase classname="host_tests.wire.test_a" name="test_one[unix]"/>
<testcase classname="host_tests.wire.test_a" name="test_one[T1 Reply-qemu]"/>
<testcase classname="host_tests.wire.test_a" name="test_one[T2 probe-qemu]"><failure/></testcase>
<testcase classname="host_tests.emulator.test_b" name="test_two[RPI_PICO_W]"><skipped/></testcase>
<testcase classname="host_tests.engine.test_c" name="test_three"/>
<testcase classname="host_tests.engine.cpython.test_d.test_story" name="runTest"/>
<testcase classname="host_tests.engine.cpython.test_on_micropython" name="test_on_micropython[test_c]"/>
</testsuite></testsuites>
"""


def test_the_report_finds_clause_ids_in_test_functions_and_state_machines():
    assert list(clauses.cited_in(SOURCE)) == [
        ("test_claim", {"R3927-2.2.1-h", "X-01", "BCT-I.6a", "D7"}),
        ("test_story", {"R5227-2.4-a", "B02"}),
    ]


def test_abbreviated_ids_are_found():
    assert clauses.SHORT.search(SHORT) and not clauses.SHORT.search(SOURCE)


def test_every_id_of_the_tests_is_a_clause():
    assert list(clauses.errors()) == []


def test_results_are_read_for_each_test_and_board(tmp_path):
    (tmp_path / "run.xml").write_text(RUN)
    run, results = report.read_runs([tmp_path / "run.xml"])
    assert run["date"] == "2026-11-25"
    assert results["wire/test_a.py::test_one"] == {"UNIX_TAP": "passed", "QEMU_MPS2": "failed"}
    assert results["emulator/test_b.py::test_two"] == {"RPI_PICO_W": "skipped"}
    assert results["engine/test_c.py::test_three"] == {"CPython": "passed", "MicroPython": "passed"}
    assert results["engine/cpython/test_d.py::test_story"] == {"CPython": "passed"}
