# SPDX-License-Identifier: MIT
"""make fresh: run commands on a fresh, minimal Debian, as a user with sudo, and print the time of each.

fresh.py DIST FOLDER [COMMAND]

Without COMMAND, the commands of README.md are run in order, except the commands that need a board or a
checkout of MicroPython. The first command that fails ends the run. The minimal Debian (DIST.tar) stays in
FOLDER for the next run. If a command has failed, the machine's root directory (DIST) also stays there.
"""

import fcntl
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from machine import ROOT, Machine, clone, make_base, make_root
from readme import Command, commands
from repl import play

LIMIT = 5400  # s for one command


class Times:
    """The wall time of each step."""

    def __init__(self):
        self._steps = []

    def measure(self, name, function, *arguments):
        """Call the function, and return what it returns."""
        print(f"== {name}", flush=True)
        start = time.monotonic()
        try:
            return function(*arguments)
        finally:
            self._steps.append((time.monotonic() - start, name))

    def show(self):
        for seconds, name in self._steps:
            print(f"{seconds:7.0f} s  {name}")


def run(machine, command):
    """Run a command on the machine; return its exit code."""
    words = machine.command(command.line)
    if command.session:
        return play(words, command.session)
    return subprocess.run(words, stdin=subprocess.DEVNULL, timeout=LIMIT).returncode


def chosen(line):
    """The commands to run: the given command, or the commands of README.md."""
    if line:
        return [Command(line)]
    for command in commands():
        if command.absent:
            print(f"-- not run, because it needs {command.absent}: {command.line}")
    return [command for command in commands() if not command.absent]


def run_all(root, todo, times):
    """Returns whether all commands have passed."""
    machine = Machine(root)
    try:
        for command in todo:
            code = times.measure(command.line, run, machine, command)
            if code:
                print(f"== exit code {code}: {command.line}")
                return False
        return True
    finally:
        machine.close()


def main(dist, folder, line=""):
    folder = pathlib.Path(folder).resolve()
    base = folder / f"{dist}.tar"
    root = folder / dist
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(folder / f"{dist}.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return f"another run uses {root}: wait until it ends, or pass another directory with BUILD="
    times = Times()
    changed = subprocess.run(
        ["git", "-C", ROOT, "-c", "safe.directory=*", "diff", "--quiet", "HEAD"]
    ).returncode
    if changed:
        print("-- the checkout has uncommitted changes, which the fresh machine does not get")
    if not base.exists():
        times.measure(f"debootstrap {dist}", make_base, dist, base)
    times.measure(f"a machine with {dist}", make_root, base, root)
    times.measure("a clone of the project", clone, root)
    passed = run_all(root, chosen(line), times)
    times.show()
    if passed:
        shutil.rmtree(root)
        return 0
    print(f"the machine's files are still in {root.relative_to(ROOT)}/home/user/autoip")
    return 1


if __name__ == "__main__":
    # A shell makes a background program ignore Ctrl-C. Undo this. When the program ends, so does the machine.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(str(error))
