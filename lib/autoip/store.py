# SPDX-License-Identifier: MIT
"""The last good address, kept in a file over a restart (RFC 3927 2.1, option `remember`)."""

import errno
import os

from micropython import const

from .candidates import host_part, text

_LINE = const(64)  # bytes read at once; a line of ours has at most 34


class Store:
    """One interface's line in the file at `path`: its MAC and its address. Interfaces may share a file.

    OSError if the file can't be written. ValueError if it has a line that does not start with a MAC: it is
    another program's file, and stays as it is.
    """

    def __init__(self, path, mac):
        self._path = path
        self._new = path + ".new"
        self._mac = mac.hex(":").encode()
        self.tried = -1  # host part that the service has tried to save last
        try:
            self.load()
            open(path, "a").close()
        except OSError as error:
            raise OSError(error.args[0], "remember: can't write " + path)  # noqa: B904, MicroPython has no `from`

    def load(self):
        """Host part of the stored address; -1 if there is none, or none that is valid."""
        # FAT removes the old file before it renames the new one. A power cut between leaves only the new one.
        host = self._read(self._path)
        left = self._read(self._new)
        return left if host < 0 else host

    def save(self, host):
        """Store the address unless the file has it, or it is -1. OSError as the file system raises it."""
        if host >= 0 and self._read(self._path) != host:
            with open(self._new, "wb") as copy:
                copy.write(b"%s %s\n" % (self._mac, text(host).encode()))
                self._read(self._path, copy)
            os.rename(self._new, self._path)

    def _read(self, path, copy=None):
        # -> the host part in our line, or -1. All other lines go to `copy`.
        host = -1
        try:
            file = open(path, "rb")
        except OSError as error:
            if error.args[0] == errno.ENOENT:
                return host
            raise
        with file:
            while line := file.readline(_LINE):
                words = line.split()
                mac = words[0] if words else self._mac
                if len(mac) != 17 or mac.count(b":") != 5:
                    raise ValueError("remember: not autoip's, name another: " + path)
                if mac != self._mac:
                    if copy:
                        copy.write(line)
                elif host < 0:
                    host = _host(words)
        return host


def _host(words):
    try:
        _, address = words
        return host_part(address.decode())
    except ValueError:  # also of a wrong number of words, and of bytes that are not text
        return -1
