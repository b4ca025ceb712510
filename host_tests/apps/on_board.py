# SPDX-License-Identifier: MIT
"""Sent to the agent of a board: a program runs in the foreground, and a timer obeys the host meanwhile."""

import select

from machine import Timer

_PERIOD = 20  # ms between two looks for a line of the host
_input = select.poll()
_input.register(sys.stdin, select.POLLIN)


def obey(_):
    while _input.poll(0):
        kind, code = json.loads(sys.stdin.readline())
        try:
            report(answer=answer(kind, code))
        except Exception as error:
            report(error=type(error).__name__, args=[str(arg) for arg in error.args])


def foreground(program):
    """Answer the host, run the program until Ctrl-C, and serve the host again."""
    report(answer=None)
    timer = Timer(-1, period=_PERIOD, callback=obey)
    try:
        program()
    except KeyboardInterrupt:
        pass
    except BaseException as error:
        sys.print_exception(error)
    timer.deinit()
    report(event="ended", address=None, state=None)
    while True:
        try:
            return serve()
        except KeyboardInterrupt:  # the program had ended by itself
            pass
