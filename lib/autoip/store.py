# SPDX-License-Identifier: MIT
"""Stores the last claimed address in a file, to try it first after a restart (RFC 3927 2.1, `remember`)."""

import errno
import os

from micropython import const

from .candidates import host_part, text

_LINE = const(64)  # bytes read at once; a line that autoip writes has at most 34 bytes


class Store:
    """One interface's line in the file at `path`: its MAC and its address. Interfaces may share a file.

    OSError if the file can't be written. ValueError if a line of the file does not start with a MAC, because
    autoip must not change a file that another program may have written.
    """

    def __init__(self, path, mac):
        self._path = path
        self._new = path + ".new"
        self._mac = mac.hex(":").encode()
        self.tried = -1  # the host part that the service last tried to save
        try:
            self.load()
            open(path, "a").close()
        except OSError as error:
            # MicroPython has no `raise ... from`.
            raise OSError(error.args[0], "remember: can't write " + path)  # noqa: B904

    def load(self):
        """The host part of the stored address, or -1 if there is no valid address."""
        # FAT removes the old file before it renames the new file. After a power failure between these two
        # steps, only the new file exists.
        host = self._read(self._path)
        new = self._read(self._new)
        return new if host < 0 else host

    def save(self, host):
        """Store the address, unless it is -1 or the file has it already. OSError from the file system."""
        if host >= 0 and self._read(self._path) != host:
            with open(self._new, "wb") as copy:
                copy.write(b"%s %s\n" % (self._mac, text(host).encode()))
                self._read(self._path, copy)
            os.rename(self._new, self._path)

    def _read(self, path, copy=None):
        # Returns the host part in this interface's line, or -1. Writes all other lines to `copy`.
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
                    raise ValueError("remember: another program's file: " + path)
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
    except ValueError:  # also for a wrong number of words, and for bytes that are not text
        return -1
