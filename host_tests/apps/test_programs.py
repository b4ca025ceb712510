# SPDX-License-Identifier: MIT
"""Each program is tested with all steps of scenario.py. After each step, its client gets an answer."""

from .scenario import STEPS, STEPS_WITH_OLD, Scenario, is_late


def check(answers):
    """The client must not wait much longer for an answer than with the static address."""
    assert not [answered for answered in answers if is_late(answered)]


def test_a_program_answers_after_each_step(bench, server, program, opened, keep):
    answers = Scenario(bench, server, opened(program)).run(STEPS)
    keep(board=type(bench.boards[0]).__name__, program=program.__name__, answers=answers)
    check(answers)


def test_with_old_a_program_answers_at_the_only_address(bench, server, program, opened, keep):
    answers = Scenario(bench, server, opened(program), old=True).run(STEPS_WITH_OLD)
    keep(board=type(bench.boards[0]).__name__, program=program.__name__, old=True, answers=answers)
    check(answers)
