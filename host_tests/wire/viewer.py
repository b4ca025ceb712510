# SPDX-License-Identifier: MIT
"""The viewer as a program on a host of the wire."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

import pexpect

from .board import ROOT
from .waiting import PATIENCE, wait_until

_COMMAND = [sys.executable, "-m", "autoip_view"]
_SCREEN = (40, 130)  # lines and columns


class Viewer:
    """`python -m autoip_view` with arguments, without a terminal. Runs until close()."""

    def __init__(self, host, *arguments):
        with _in_the_checkout():
            self._process = host.namespace.popen(
                [*_COMMAND, *map(str, arguments)],
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        self.lines = []
        self._complaints = []
        self._readers = [
            threading.Thread(target=_collect, args=pair, daemon=True)
            for pair in ((self._process.stdout, self.lines), (self._process.stderr, self._complaints))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def wait_for(self, *words, timeout=PATIENCE):
        """Wait for the first line that has all these words, and return it."""

        def found():
            return [line for line in list(self.lines) if all(word in line for word in words)]

        try:
            wait_until(found, "", timeout)
        except TimeoutError:
            raise TimeoutError(f"no line with {words} in {self.lines}, {self._complaints}") from None
        return found()[0]

    def interrupt(self):
        """Press Ctrl-C. Returns what end() returns."""
        self._process.send_signal(signal.SIGINT)
        return self.end()

    def end(self, timeout=2 * PATIENCE):
        """Wait for the end of the program. Returns (exit code, lines of stdout, lines of stderr)."""
        code = self._process.wait(timeout)
        for reader in self._readers:
            reader.join()
        return code, self.lines, self._complaints

    def close(self):
        self._process.kill()
        self._process.wait()


def find(host, *arguments):
    """Run `--find eth0`. Returns (exit code, lines of stdout, lines of stderr)."""
    with Viewer(host, "--find", "eth0", *arguments) as viewer:
        return viewer.end()


def find_json(host, *arguments):
    """Run `--find eth0 --json`. Returns (exit code, list of dicts)."""
    code, lines, _ = find(host, "--json", *arguments)
    return code, json.loads("\n".join(lines))


def on_a_terminal(host, *arguments):
    """Run the program on a terminal, as pexpect's spawn. Its output is bytes."""
    with _in_the_checkout(), host.namespace.inside():
        return pexpect.spawn(_COMMAND[0], [*_COMMAND[1:], *arguments], dimensions=_SCREEN, timeout=PATIENCE)


def _collect(stream, lines):
    for line in stream:
        lines.append(line.rstrip("\n"))


@contextlib.contextmanager
def _in_the_checkout():
    """During the `with`, a new process finds autoip_view, and TERM has the name of a terminal."""
    before = dict(os.environ)
    os.environ.update(PYTHONPATH=str(ROOT), TERM="xterm-256color")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
