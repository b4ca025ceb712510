# SPDX-License-Identifier: MIT
"""Code that the host sends to a board's agent. A program runs in the foreground, and a timer executes the
commands from the host.
"""

import select

from machine import Timer

_PERIOD = 20  # ms between two checks for a line from the host
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
    """Answer the host, and run the program until Ctrl-C. Then return to the agent's loop."""
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
        except KeyboardInterrupt:  # the program has ended before Ctrl-C
            pass
