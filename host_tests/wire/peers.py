# SPDX-License-Identifier: MIT
"""Other implementations of IPv4 link-local, as a peer of the boards."""

import collections
import os
import re
import subprocess
import threading
import time

from .qemu import ROOT
from .waiting import PATIENCE

# Unpacked, not installed: Debian's user and folder for it are not there.
_AVAHI = ROOT / "build" / "src" / "avahi"
_AVAHI_AUTOIPD = [
    _AVAHI / "usr" / "sbin" / "avahi-autoipd",
    *("--no-drop-root", "--no-chroot", f"--script={_AVAHI}/etc/avahi/avahi-autoipd.action"),
]
# The daemon wants its pid file, its folder and an `ip` of its own namespace; nothing may leave traces.
_PRIVATE = """
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib
mkdir /var/lib/avahi-autoipd
mount -t sysfs sysfs /sys
"$@" &
wait
"""


class AvahiAutoipd:
    """avahi-autoipd on eth0 of a host; start: address to try first."""

    def __init__(self, host, log, start=None):
        self.host = host
        self.address = None
        self._told = threading.Event()  # it took an address, or is gone
        self._last_lines = collections.deque(maxlen=10)
        command = [*_AVAHI_AUTOIPD, "--debug", "--force-bind", "eth0"]
        if start:
            command.append(f"--start={start}")
        self._process = host.namespace.popen(
            [
                *"unshare --mount --pid --fork --kill-child --mount-proc sh -ec".split(),
                _PRIVATE,
                "sh",
                *command,
            ],
            env=dict(os.environ, LD_LIBRARY_PATH=":".join(map(str, _AVAHI.glob("usr/lib/*")))),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, timeout=PATIENCE):
        """The address it took, once it is on the interface; that comes a little after the announcement."""
        if not self._told.wait(timeout):
            raise TimeoutError(f"avahi-autoipd took no address within {timeout} s, see {self._log}")
        if not self.address:
            raise ConnectionError(f"avahi-autoipd is gone: {''.join(self._last_lines)}")
        self.host.wait_for_address(self.address)
        return self.address

    def close(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _read(self):
        with open(self._log, "w") as log:
            for line in self._process.stdout:
                log.write(f"{time.time():.3f} {line}")
                log.flush()
                self._last_lines.append(line)
                claimed = re.search(r"Callout BIND, address (\S+) on", line)
                if claimed:
                    self.address = claimed[1]
                    self._told.set()
        self._told.set()
