# SPDX-License-Identifier: MIT
"""A web browser on a host of the wire: Debian's chromium, with zeroconf for mDNS names."""

import os
import subprocess
import tempfile

from zeroconf import AddressResolverIPv4, IPVersion, Zeroconf

from .waiting import PATIENCE

_CHROMIUM = [
    *"chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run".split(),
    *"--disable-background-networking --disable-component-update --no-proxy-server".split(),
]
_WINDOW = "--window-size=1000,400"


class Browser:
    """A browser on a host that has a link-local address."""

    def __init__(self, host):
        self._namespace = host.namespace
        self._address = host.address

    def resolve(self, name):
        """The IPv4 addresses of a name, found with mDNS. Empty if no host answers within PATIENCE."""
        with self._namespace.inside():
            resolver = Zeroconf(interfaces=[self._address], ip_version=IPVersion.V4Only)
        question = AddressResolverIPv4(f"{name}.")
        question.request(resolver, 1000 * PATIENCE)
        resolver.close()
        return set(question.parsed_addresses(IPVersion.V4Only))

    def show(self, url, name, picture):
        """The page at a URL, as HTML after all scripts have run. Saves a picture of it as PNG in the file
        `picture`.

        The browser connects to `name` at the address that resolve() returns. On a user's computer, the
        system's resolver uses mDNS to find this address. The tests use their own mDNS resolver, because they
        must not change the system.
        """
        addresses = self.resolve(name)
        assert len(addresses) == 1, f"{name}: {addresses or 'no host answers'}"
        with tempfile.TemporaryDirectory() as home, self._namespace.inside():
            command = [
                *_CHROMIUM,
                f"--host-resolver-rules=MAP {name} {addresses.pop()}",
                *(_WINDOW, "--dump-dom", f"--screenshot={picture}", url),
            ]
            environment = dict(os.environ, HOME=home, TMPDIR=home)
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, timeout=4 * PATIENCE
            )
        assert done.returncode == 0 and picture.exists(), done.stderr[-2000:]
        return done.stdout
