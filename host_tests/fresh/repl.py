# SPDX-License-Identifier: MIT
"""Type the REPL session of README.md on a board that a command has started, and compare the output."""

import subprocess
import sys
import threading

PROMPT = ">>> "
LEAVE = b"\x01x"  # Ctrl-A X ends QEMU
LIMIT = 900  # s, including the build of the firmware


def play(words, session):
    """Run the command, type the session's input, and compare the output. Returns the exit code."""
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    timer = threading.Timer(LIMIT, process.kill)
    timer.start()
    try:
        wrong = _compare(process, session)
        if wrong is None:
            process.stdin.write(LEAVE)
        else:
            process.kill()
        return process.wait() or wrong
    finally:
        timer.cancel()
        print()


def _compare(process, session):
    """Returns 1 if the board's output differs from the session, or None."""
    if _read_to_prompt(process) is None:
        return 1
    turns = [turn.splitlines() for turn in "\n".join(session).split(PROMPT)[1:]]
    for typed, *expected in turns:
        process.stdin.write(typed.encode() + b"\r")
        printed = _read_to_prompt(process)
        if printed is None or printed.splitlines()[1:-1] != expected:
            print(f"\nREADME.md shows that {typed} prints: {' '.join(expected) or 'nothing'}")
            return 1
    return None


def _read_to_prompt(process):
    """The output up to the next prompt, or None if the board ends before the prompt."""
    text = ""
    while not text.endswith("\n" + PROMPT):
        byte = process.stdout.read(1)
        if not byte:
            return None
        character = byte.decode("latin-1")
        sys.stdout.write(character)
        sys.stdout.flush()
        text += character
    return text
