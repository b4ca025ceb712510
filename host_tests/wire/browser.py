"""A web browser on a host of the wire: Debian's chromium, which finds names by avahi-daemon and nss-mdns."""

import subprocess

from .waiting import PATIENCE

# Neither the daemon nor the browser leaves traces: what they write is in memory, and ends with them.
_PRIVATE = """
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
export HOME=/tmp
printf '[server]\\nallow-interfaces=eth0\\nenable-dbus=no\\n' >/run/avahi.conf
printf 'hosts: files mdns4_minimal\\n' >/run/nsswitch.conf
mount --bind /run/nsswitch.conf /etc/nsswitch.conf
avahi-daemon --no-drop-root --no-chroot --no-rlimits --file=/run/avahi.conf 2>/run/avahi.log &
until grep -q 'startup complete' /run/avahi.log; do sleep 0.1; done
"$@"
"""
_CHROMIUM = [
    *"chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run".split(),
    *"--disable-background-networking --disable-component-update --no-proxy-server".split(),
]


class Browser:
    """On a host that has an address of the link."""

    def __init__(self, host):
        self._namespace = host.namespace

    def resolve(self, name):
        """The addresses of a name, as the C library finds them; none if it has none."""
        told = self._run("getent", "ahostsv4", name).stdout
        return {line.split()[0] for line in told.splitlines()}

    def text(self, url):
        """The page at an address, as HTML after all scripts."""
        return self._run(*_CHROMIUM, "--dump-dom", url).stdout

    def screenshot(self, url, path):
        """A picture of the page, as PNG in the file `path`."""
        shoot = ["sh", "-ec", '"$@" >&2; exec cat /run/page.png']
        options = ["--window-size=1000,500", "--screenshot=/run/page.png"]
        done = self._run(*shoot, "sh", *_CHROMIUM, *options, url, text=False)
        if done.returncode:
            raise OSError(f"no picture of {url}: {done.stderr[-2000:].decode(errors='replace')}")
        path.write_bytes(done.stdout)

    def _run(self, *command, text=True):
        private = "unshare --mount --pid --fork --kill-child --mount-proc sh -ec".split()
        with self._namespace.inside():
            return subprocess.run(
                [*private, _PRIVATE, "sh", *command], capture_output=True, text=text, timeout=4 * PATIENCE
            )
