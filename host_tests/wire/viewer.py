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
    """`python -m autoip_view` with arguments, without a terminal, from now until close()."""

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
        """The first line that has all the words, awaited if need be."""

        def found():
            return [line for line in list(self.lines) if all(word in line for word in words)]

        try:
            wait_until(found, "", timeout)
        except TimeoutError:
            raise TimeoutError(f"no line with {words} in {self.lines}, {self._complaints}") from None
        return found()[0]

    def interrupt(self):
        """Ctrl-C; returns what end() returns."""
        self._process.send_signal(signal.SIGINT)
        return self.end()

    def end(self, timeout=2 * PATIENCE):
        """(exit code, lines of stdout, lines of stderr), when the program has ended."""
        code = self._process.wait(timeout)
        for reader in self._readers:
            reader.join()
        return code, self.lines, self._complaints

    def close(self):
        self._process.kill()
        self._process.wait()


def find(host, *arguments):
    """(exit code, lines of stdout, lines of stderr) of `--find eth0`."""
    with Viewer(host, "--find", "eth0", *arguments) as viewer:
        return viewer.end()


def find_json(host, *arguments):
    """(exit code, list of dicts) of `--find eth0 --json`."""
    code, lines, _ = find(host, "--json", *arguments)
    return code, json.loads("\n".join(lines))


def on_a_terminal(host, *arguments):
    """The program on a terminal, as pexpect's spawn: all that it writes is bytes."""
    with _in_the_checkout(), host.namespace.inside():
        return pexpect.spawn(_COMMAND[0], [*_COMMAND[1:], *arguments], dimensions=_SCREEN, timeout=PATIENCE)


def _collect(stream, lines):
    for line in stream:
        lines.append(line.rstrip("\n"))


@contextlib.contextmanager
def _in_the_checkout():
    """Programs that are started find autoip_view, and have a terminal's name."""
    before = dict(os.environ)
    os.environ.update(PYTHONPATH=str(ROOT), TERM="xterm-256color")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
