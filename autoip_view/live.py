# SPDX-License-Identifier: MIT
"""A story of live frames from an interface or a pipe. It can send questions to hosts and record frames."""

import queue
import threading
import time

from .names import DEFAULT_NAMES, LOCAL
from .questions import Questions
from .story import Story

KEPT = 4096  # hosts and events: more than on any real link
_QUEUE = 4096  # frames
_REFRESH = 2  # s between two readings of the interface's addresses


class Live:
    """`story` is up to date after each listen(). `ended`: the source has no more frames.

    frames: an iterator of (s since 1970, link type, bytes) that may block. An exception in it ends the story
    and becomes `failure`. link: the link.Link on which the viewer sends questions, or None. recording: a
    capture.Recording, or None.
    """

    def __init__(self, frames, link=None, recording=None):
        self.story = Story(keep=KEPT)
        self.link = link
        self.ended = False
        self.failure = None
        self.started = time.monotonic()
        self._recording = recording
        self._questions = Questions(link) if link else None
        self._refreshed = self.started
        self._last = time.time(), self.started  # the last frame: its own time, and when it arrived
        self._queue = queue.Queue(_QUEUE)
        threading.Thread(target=self._read, args=[frames], daemon=True).start()

    def now(self):
        """The current time in s since 1970, according to the timestamps of the frames. The frames may come
        from an old capture.
        """
        if self.link:
            return time.time()
        at, came = self._last
        return at + time.monotonic() - came

    def listen(self, seconds):
        """Process the frames of the next seconds, then send the questions that are due."""
        deadline = time.monotonic() + seconds
        while not self.ended and (left := deadline - time.monotonic()) > 0:
            try:
                self._take(self._queue.get(timeout=left))
            except queue.Empty:
                break
        if self.link and not self.ended:
            self._ask()

    def boards(self):
        """The hosts that may be boards: hosts with a link-local address, and hosts with one of MicroPython's
        default names.
        """
        own = self.link.mac if self.link else ""
        return [
            host
            for host in self.story.hosts.values()
            if host.mac != own
            and (host.held or (host.address and host.name.removesuffix(LOCAL) in DEFAULT_NAMES))
        ]

    def _read(self, frames):
        try:
            for frame in frames:
                self._queue.put(frame)
            self._queue.put(None)
        except Exception as error:
            self._queue.put(error)

    def _take(self, frame):
        if frame is None or isinstance(frame, Exception):
            self.ended, self.failure = True, frame
            return
        at, link_type, raw = frame
        self._last = at, time.monotonic()
        if self.story.add(at, raw, link_type) and self._recording:
            self._recording.write(at, link_type, raw)

    def _ask(self):
        if time.monotonic() - self._refreshed > _REFRESH:
            self._refreshed = time.monotonic()
            self.link.refresh()
        now = self.now()
        for frame in self._questions.due(now, self.story.hosts):
            self.link.send(frame)
        for mac in self._questions.unanswered(now):
            self.story.gone(now, mac)
