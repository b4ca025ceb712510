# SPDX-License-Identifier: MIT
"""Reads and writes captures (pcap or pcapng) with scapy. read() returns the Story of a file, and stream()
yields the frames of a pipe.
"""

import logging
import os

from .frames import ETHERNET, LINK_TYPES
from .story import TALK, Story

_LARGEST = 1 << 24  # at most this many bytes are read at once
_KNOWN = "Ethernet (1) and Linux cooked (113, 276)"


class CaptureError(Exception):
    """The file can't be read, is damaged, or contains no ARP for IPv4. The message is one line.

    story: the part of a damaged file that could be read, or None.
    """

    def __init__(self, path, reason, story=None):
        super().__init__(f"{path}: {reason}")
        self.story = story


def read(path):
    """The Story of the file at a path. Raises CaptureError."""
    story = Story()
    link_types = set()
    try:
        with open(path, "rb") as opened:
            file = _Watched(opened)
            for time, link_type, raw in _frames(path, file):
                story.add(time, raw, link_type)
                link_types.add(link_type)
    except OSError as error:
        raise CaptureError(path, error.strerror) from None
    has_events = any(event.kind not in TALK for event in story.events)
    if file.is_cut:
        raise CaptureError(
            path, f"cut off or damaged after {story.frames} frames", story if has_events else None
        )
    if link_types - LINK_TYPES and not has_events:
        raise CaptureError(path, f"unknown link type {min(link_types - LINK_TYPES)}; supported are {_KNOWN}")
    if not has_events:
        malformed = f", {story.malformed} malformed" if story.malformed else ""
        raise CaptureError(path, f"no ARP for IPv4 in its {story.frames} frames{malformed}")
    return story


def stream(descriptor):
    """Yield (s since 1970, link type, bytes) of each frame that a program writes into a pipe.

    descriptor: the file descriptor of the pipe. stream() does not close it. Raises CaptureError.
    """
    with open(descriptor, "rb", buffering=0, closefd=False) as opened:
        file = _Watched(opened)
        for time, link_type, raw in _frames("-", file):
            if link_type not in LINK_TYPES:
                raise CaptureError("-", f"unknown link type {link_type}; supported are {_KNOWN}")
            yield time, link_type, raw
        if file.is_cut:
            raise CaptureError("-", "the capture is cut off or damaged")


class Recording:
    """A pcapng file. write() doesn't buffer: when it returns, the frame is in the file. Raises OSError."""

    def __init__(self, path):
        from scapy.utils import RawPcapNgWriter

        self._writer = RawPcapNgWriter(os.fspath(path))
        self._writer.sync = True

    def write(self, time, link_type, raw):
        """time: s since 1970. In the file, each link type has its own interface."""
        interface = str(link_type).encode()
        if not self._writer.header_present:
            self._start(link_type)
            self._writer.interfaces2id[interface] = 0
        self._writer._write_packet(raw, link_type, sec=time, ifname=interface)

    def close(self):
        if not self._writer.header_present:
            self._start(ETHERNET)
        self._writer.close()

    def _start(self, link_type):
        self._writer.linktype = link_type
        self._writer.write_header(None)


def _frames(path, file):
    """Yields (s since 1970, link type, bytes) of each frame."""
    from scapy.data import MTU  # scapy reads at most this many bytes of a frame
    from scapy.error import Scapy_Exception
    from scapy.utils import RawPcapReader

    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # CaptureError reports the errors instead
    try:
        reader = RawPcapReader(file)
    except Scapy_Exception:
        raise CaptureError(path, "not a pcap or pcapng file") from None
    time = 0.0
    while True:
        try:
            raw, about = reader._read_packet()
        except EOFError:
            return
        except Exception:  # scapy may raise anything for a damaged file
            file.is_cut = True
            return
        if hasattr(about, "caplen"):  # pcap
            time = about.sec + about.usec / (1e9 if reader.nano else 1e6)
            file.is_cut |= len(raw) < min(about.caplen, MTU)
            yield time, reader.linktype, raw
        else:
            if about.tshigh is not None:  # pcapng; a Simple Packet Block has no time
                time = ((about.tshigh << 32) + about.tslow) / about.tsresol
            yield time, about.linktype, raw


class _Watched:
    """A file or a pipe that notes whether it ended in the middle of a record."""

    def __init__(self, file):
        self._file = file
        self.is_cut = False

    def read(self, size):
        size = min(size, _LARGEST)
        got = b""
        while len(got) < size and (more := self._file.read(size - len(got))):
            got += more
        self.is_cut |= 0 < len(got) < size
        return got

    def close(self):
        self._file.close()
