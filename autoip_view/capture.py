# SPDX-License-Identifier: MIT
"""A capture file, pcap or pcapng: read by scapy, told as a story."""

import logging

from .frames import LINK_TYPES
from .story import Story

_LARGEST = 1 << 24  # octets that are read at once


class CaptureError(Exception):
    """The file can't be read, is damaged, or tells nothing of addresses: one line says which.

    story: what could be read of a damaged file, or None.
    """

    def __init__(self, path, reason, story=None):
        super().__init__(f"{path}: {reason}")
        self.story = story


def read(path):
    """The Story of the file at a path. Raises CaptureError."""
    from scapy.error import Scapy_Exception

    story = Story()
    link_types = set()
    try:
        with open(path, "rb") as opened:
            file = _Watched(opened)
            for time, link_type, raw in _frames(file):
                story.add(time, raw, link_type)
                link_types.add(link_type)
    except OSError as error:
        raise CaptureError(path, error.strerror) from None
    except Scapy_Exception:
        raise CaptureError(path, "no capture, neither pcap nor pcapng") from None
    told = any(event.kind not in ("ping", "echo") for event in story.events)
    if file.is_cut:
        raise CaptureError(path, f"cut off or damaged after {story.frames} frames", story if told else None)
    if link_types - LINK_TYPES and not told:
        known = "Ethernet (1) and Linux cooked (113, 276)"
        raise CaptureError(path, f"link type {min(link_types - LINK_TYPES)} is not read, {known} are")
    if not told:
        malformed = f", {story.malformed} malformed" if story.malformed else ""
        raise CaptureError(path, f"no ARP for IPv4 in its {story.frames} frames{malformed}")
    return story


def _frames(file):
    """(time, link type, bytes) of each frame: s since 1970."""
    from scapy.data import MTU  # octets that it reads of a frame
    from scapy.utils import RawPcapReader

    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)  # what it warns of is told in one line here
    reader = RawPcapReader(file)
    time = 0.0
    while True:
        try:
            raw, about = reader._read_packet()
        except EOFError:
            return
        except Exception:  # of a damaged file scapy may raise anything
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
    """A file that notes whether it ended in the middle of what was to be read."""

    def __init__(self, file):
        self._file = file
        self.is_cut = False

    def read(self, size):
        got = self._file.read(min(size, _LARGEST))
        self.is_cut |= 0 < len(got) < size
        return got

    def close(self):
        self._file.close()
