# SPDX-License-Identifier: MIT
"""`make rehearse` reads jobs, expressions and conditions from the workflows."""

import pytest
from actions import ACTIONS
from machine import ROOT
from workflow import Contexts, load, variants

FILES = sorted((ROOT / ".github/workflows").glob("*.yml"))


@pytest.fixture
def contexts():
    plan = {"result": "success", "outputs": {"boards": '[{"board": "A", "emulated": true}, {"board": "B"}]'}}
    return Contexts(needs={"plan": plan}, matrix={"board": "A", "emulated": False}, github={"token": "t"})


def steps():
    for file in FILES:
        for job in load(file)["jobs"].values():
            yield from job["steps"]


def test_expressions_are_evaluated(contexts):
    assert contexts.expand("firmware-${{ matrix.board }}") == "firmware-A"
    assert contexts.expand({"GH_TOKEN": "${{ github.token }}", "N": 1}) == {"GH_TOKEN": "t", "N": 1}
    assert contexts.holds("${{ !cancelled() && needs.plan.result == 'success' }}")
    assert not contexts.holds("matrix.emulated")
    with pytest.raises(KeyError):
        contexts.expand("${{ matrix.nothing }}")


def test_a_job_runs_once_for_each_entry_of_its_matrix(contexts):
    job = {"strategy": {"matrix": {"include": "${{ fromJSON(needs.plan.outputs.boards) }}"}}}
    assert [each["board"] for each in variants(job, contexts)] == ["A", "B"]
    assert variants({}, contexts) == [{}]


def test_after_a_failed_step_only_some_conditions_hold(contexts):
    assert contexts.holds(None) and not contexts.holds("failure()")
    contexts.failed = True
    assert not contexts.holds(None)
    assert not contexts.holds("matrix.board")
    assert contexts.holds("failure()")
    assert contexts.holds("${{ !cancelled() }}")


def test_every_action_has_a_stand_in():
    assert {step["uses"].partition("@")[0] for step in steps() if "uses" in step} == ACTIONS.keys()


def test_a_job_comes_after_the_jobs_that_it_needs():
    for file in FILES:
        done = set()
        for name, job in load(file)["jobs"].items():
            needs = job.get("needs", [])
            assert {needs} <= done if isinstance(needs, str) else done.issuperset(needs)
            done.add(name)
