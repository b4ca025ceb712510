# SPDX-License-Identifier: MIT
"""The last good address, kept in a file over a restart (RFC 3927 2.1, option `remember`)."""

import os

from .candidates import host_part, text


class Store:
    """One interface's line in the file at `path`: its MAC and its address. Several may share a file."""

    def __init__(self, path, mac):
        self._path = path
        self._mac = mac.hex(":")
        try:
            open(path, "a").close()
        except OSError as error:
            raise OSError(error.args[0], "remember: can't write " + path)  # noqa: B904, MicroPython has no `from`

    def load(self):
        """Host part of the stored address; -1 if there is none, or none that is valid."""
        try:
            return host_part(self._records().get(self._mac))
        except ValueError:
            return -1

    def save(self, host):
        """Store the address, if it is another than the one in the file. OSError as the file system has it."""
        records = self._records()
        address = text(host)
        if records.get(self._mac) != address:
            records[self._mac] = address
            # A power cut leaves the old file or the new one.
            new = self._path + ".new"
            with open(new, "w") as file:
                for mac in records:
                    file.write("%s %s\n" % (mac, records[mac]))
            os.rename(new, self._path)

    def _records(self):
        records = {}
        try:
            with open(self._path) as file:
                for line in file:
                    words = line.split()
                    if len(words) == 2:
                        records.setdefault(words[0], words[1])
        except (OSError, UnicodeError):
            pass  # No file yet, or none of ours: it is written anew with the next address.
        return records
