# SPDX-License-Identifier: MIT
"""Each program goes through the life of a board, and its client gets its answers."""

from .life import STEPS, STEPS_WITH_OLD, Life, is_late


def check(answers):
    """The client got each answer in time, compared with the board that has a static address."""
    assert not [answered for answered in answers if is_late(answered)]


def test_a_program_answers_through_the_life_of_a_board(bench, server, program, opened, keep):
    answers = Life(bench, server, opened(program)).live(STEPS)
    keep(board=type(bench.boards[0]).__name__, program=program.__name__, answers=answers)
    check(answers)


def test_with_old_a_program_answers_at_the_one_address(bench, server, program, opened, keep):
    answers = Life(bench, server, opened(program), old=True).live(STEPS_WITH_OLD)
    keep(board=type(bench.boards[0]).__name__, program=program.__name__, old=True, answers=answers)
    check(answers)
