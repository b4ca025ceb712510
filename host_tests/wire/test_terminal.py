# SPDX-License-Identifier: MIT
"""The terminal of the emulated boards, tested with QEMU, whose serial port is connected to two pipes."""

import subprocess

from emulator.terminal import Terminal

from .qemu import mps2
from .raw_repl import RawRepl

PROGRAM = """\
import sys
print("ready")
for line in sys.stdin:
    print("received", line.strip())
"""


def test_a_program_runs_and_answers_until_the_emulator_ends():
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    options = "-display none -serial stdio -monitor none".split()
    with subprocess.Popen([*mps2(), *options], bufsize=0, **pipes) as emulator:
        terminal = Terminal(emulator.stdin, emulator.stdout)
        repl = RawRepl(terminal.port)
        repl.run(PROGRAM)
        repl.write("a line\n")
        lines = repl.lines()
        assert [next(lines), next(lines)] == ["ready\n", "received a line\n"]
        emulator.kill()
        list(lines)
        terminal.close()
        repl.close()
