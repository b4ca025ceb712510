# SPDX-License-Identifier: MIT
"""Network namespaces without a name. The kernel removes a namespace when its last user ends, even by a
signal.
"""

import contextlib
import ctypes
import os
import subprocess

from pyroute2 import netns

from .waiting import PATIENCE

_CLONE_NEWNET = 0x40000000
_OWN = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A new network namespace. Sockets and processes that are created `inside()` stay in it."""

    def __init__(self):
        with returning():
            if _libc.unshare(_CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "no new network namespace: are you root?")
            self.fd = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
            for scope in ("all", "default"):
                with open(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6", "w") as file:
                    file.write("1")

    @contextlib.contextmanager
    def inside(self):
        """During the `with`, the calling thread is in the namespace."""
        with returning():
            netns.setns(self.fd)
            yield

    def popen(self, command, **options):
        """Start a process in the namespace. It ends with this process, but Ctrl-C does not interrupt it."""
        with self.inside():
            return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], process_group=0, **options)

    def run(self, *command):
        """Run a command in the namespace and return what it printed; CalledProcessError if it fails."""
        with self.inside():
            return subprocess.check_output(command, timeout=PATIENCE, text=True, stderr=subprocess.STDOUT)

    def close(self):
        os.close(self.fd)


@contextlib.contextmanager
def returning():
    """At the end of the `with`, the calling thread returns to the namespace that it was in."""
    home = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        netns.setns(home)
        os.close(home)
