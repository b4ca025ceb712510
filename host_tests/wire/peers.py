# SPDX-License-Identifier: MIT
"""Other implementations of IPv4 link-local addresses, as peers of the boards: daemons on eth0 of Linux hosts.

A daemon has a mount namespace in which it can only write to its home, a directory of the test. The home
contains its /run and its directory in /var/lib. restart() keeps the files of the daemon.
"""

import collections
import os
import shutil
import signal
import subprocess
import threading
import time

from .qemu import ROOT
from .waiting import PATIENCE, wait_until

_AVAHI = ROOT / "build" / "src" / "avahi"  # unpacked, not installed
AVAHI_AUTOIPD = [
    *("env", f"LD_LIBRARY_PATH={':'.join(map(str, _AVAHI.glob('usr/lib/*')))}"),
    _AVAHI / "usr/sbin/avahi-autoipd",
]

# Arguments: the home, the directory in /var/lib, the daemon's command. /sys shows the network namespace.
# At the end this waits for the daemon's helper processes, at most 5 s.
_PRIVATE = """
home=$1 lib=$2
shift 2
mount --bind "$home/run" /run
mount --bind "$home/lib" "$lib"
mount -t sysfs -o ro sysfs /sys
mount -o remount,bind,ro /
trap 'kill $daemon' TERM
"$@" &
daemon=$!
wait $daemon || wait $daemon
i=0
while kill -0 -1 2>/dev/null && [ $i -lt 50 ]; do
    sleep 0.1
    i=$((i + 1))
done
"""

# zcip calls this: it leaves the configuration of the interface to a script.
_ZCIP_SCRIPT = """\
#!/bin/sh
case $1 in
config) ip addr replace "$ip/16" brd + dev "$interface" ;;
deconfig) ip addr flush dev "$interface" ;;
esac
"""

_NETWORK = """\
[Match]
Name=eth0
[Network]
DHCP=no
LinkLocalAddressing=ipv4
{start}
"""


class Peer:
    """A daemon that runs until close(). start: the first address to try, if the daemon has this option."""

    LIB = "/var/lib/misc"  # an existing directory, for daemons that need none
    OWNER = None  # the user that owns the files in its home, else root

    def __init__(self, host, log, start=None):
        self.host = host
        self._log = log
        self._home = log.with_suffix("")
        shutil.rmtree(self._home, ignore_errors=True)
        for directory in ("run", "lib"):
            (self._home / directory).mkdir(parents=True)
        self._command = self.prepare(self._home, start)
        if self.OWNER:
            for path in (self._home, *self._home.rglob("*")):
                shutil.chown(path, self.OWNER, self.OWNER)
        log.write_text("")
        self._last_lines = collections.deque(maxlen=10)
        self._launch()

    def prepare(self, home, start):
        """Put the files that the daemon needs into the home. Returns its command."""
        raise NotImplementedError

    @property
    def address(self):
        """The link-local address on the interface, or None."""
        return next((each for each in self.host.addresses() if each.startswith("169.254.")), None)

    def wait(self, timeout=PATIENCE):
        """Wait for an address and return it. ConnectionError if the daemon has ended."""
        missing = f"the daemon has configured no address, see {self._log}"
        wait_until(lambda: self.address or not self._reader.is_alive(), missing, timeout)
        if not self.address:
            raise ConnectionError(f"the daemon is gone: {''.join(self._last_lines)}")
        return self.address

    def stop(self):
        """End the daemon with SIGTERM, so that it can clean up."""
        if self._process.poll() is None:
            with open(f"/proc/{self._process.pid}/task/{self._process.pid}/children") as children:
                os.kill(int(children.read()), signal.SIGTERM)
            self._process.wait(PATIENCE)
        self._reader.join()

    def restart(self):
        self._launch()

    def close(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def _launch(self):
        self._process = self.host.namespace.popen(
            [
                *"unshare --mount --uts --pid --fork --kill-child --mount-proc sh -c".split(),
                _PRIVATE,
                *("sh", self._home, self.LIB, *self._command),
            ],
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, args=[self._process], daemon=True)
        self._reader.start()

    def _read(self, process):
        with open(self._log, "a") as log:
            for line in process.stdout:
                log.write(f"{time.time():.3f} {line}")
                log.flush()
                self._last_lines.append(line)


class AvahiAutoipd(Peer):
    LIB = "/var/lib"

    def prepare(self, home, start):
        (home / "lib" / "avahi-autoipd").mkdir()
        return [
            *AVAHI_AUTOIPD,
            *("--no-drop-root", "--no-chroot", f"--script={_AVAHI}/etc/avahi/avahi-autoipd.action"),
            *("--debug", "--force-bind", *([f"--start={start}"] if start else []), "eth0"),
        ]


class Dhcpcd(Peer):
    """dhcpcd derives its first choice from the MAC."""

    LIB = "/var/lib/dhcpcd"

    def prepare(self, home, start):
        return [*"dhcpcd --ipv4only --nobackground --debug --nodhcp".split(), "--config=/dev/null", "eth0"]


class Networkd(Peer):
    OWNER = "systemd-network"

    def prepare(self, home, start):
        for directory in ("network", "netif"):
            (home / "run/systemd" / directory).mkdir(parents=True)
        network = _NETWORK.format(start=f"IPv4LLStartAddress={start}" if start else "")
        (home / "run/systemd/network/eth0.network").write_text(network)
        return ["env", "SYSTEMD_LOG_LEVEL=debug", "/lib/systemd/systemd-networkd"]


class Zcip(Peer):
    """busybox's zcip, built from Debian's sources, because Debian's busybox package has no zcip."""

    PROGRAM = ROOT / "build/interop/busybox/busybox"

    def prepare(self, home, start):
        script = home / "run/zcip.sh"
        script.write_text(_ZCIP_SCRIPT)
        script.chmod(0o755)
        return [
            self.PROGRAM,
            *"zcip -f -v".split(),
            *(["-r", start] if start else []),
            "eth0",
            "/run/zcip.sh",
        ]
