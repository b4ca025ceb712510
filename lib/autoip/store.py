"""The last good address, kept in a file over a restart (RFC 3927 2.1, option `remember`)."""

import os

from .candidates import text
from .options import check_ip


class Store:
    """One interface's line in the file at `path`: its MAC and its address. Several may share a file."""

    def __init__(self, path, mac):
        self._path = path
        self._mac = ":".join("%02x" % octet for octet in mac)

    def load(self):
        """Host part of the stored address; -1 if there is none, or none that is valid."""
        for mac, address in self._lines():
            if mac == self._mac:
                return _host(address)
        return -1

    def save(self, host):
        """Store the address, if it is another than the one in the file. OSError as the file system has it."""
        if self.load() == host:
            return
        lines = [line for line in self._lines() if line[0] != self._mac]
        lines.append((self._mac, text(host)))
        # A power cut leaves the old file or the new one.
        with open(self._path + ".new", "w") as file:
            for line in lines:
                file.write("%s %s\n" % line)
        os.rename(self._path + ".new", self._path)

    def _lines(self):
        lines = []
        try:
            with open(self._path) as file:
                for line in file:
                    words = line.split()
                    if len(words) == 2:
                        lines.append(tuple(words))
        except (OSError, UnicodeError):
            pass  # No file yet, or none of ours: it is written anew with the next address.
        return lines


def _host(address):
    try:
        return check_ip(address)
    except ValueError:
        return -1
