# SPDX-License-Identifier: MIT
"""The commands of the program. Each returns the exit code, or raises Refused with a one-line reason."""

import contextlib
import os
import sys

from .capture import CaptureError, Recording, read, stream
from .picture import draw

FOUND, NONE = 0, 1  # exit codes of find()


class Refused(Exception):
    """The command can't do all of its work. The message is one line."""


def show(path, svg):
    """Print the timeline of a file, and draw its picture if `svg` is a path."""
    damage = None
    try:
        story = read(path)
    except CaptureError as error:
        story, damage = error.story, error
    if story:
        _print(story)
    if story and svg:
        _draw(story, svg)
    if damage:
        raise Refused(damage)
    return 0


def watch(nic, save, svg):
    """Watch an interface until Ctrl-C. If `nic` is None, watch standard input until it ends."""
    from . import watch as watcher

    with _live(nic, save) as live:
        try:
            watcher.watch(live, nic or "-")
        except OSError as error:
            raise Refused(f"{save}: {error.strerror}") from None
        print(watcher.summary(live) + (f", saved in {save}" if save else ""))
        if save:
            _hand_back(save)
        if svg:
            _draw(live.story, svg)
            _hand_back(svg)
        if live.failure:
            raise Refused(live.failure)
    return 0


def find(nic, timeout, as_json):
    """Print the boards on an interface."""
    from . import find as finder
    from .advice import advice

    with _live(nic) as live:
        boards = finder.find(live, finder.TIMEOUT if timeout is None else timeout)
        if live.failure:
            raise Refused(live.failure)
        for line in [finder.as_json(boards)] if as_json else finder.lines(boards):
            print(line)
        complaints = [] if boards else [f"no board on {nic}"]
        for line in [*complaints, *advice(live.link)]:
            print(line, file=sys.stderr)
    return FOUND if boards else NONE


@contextlib.contextmanager
def _live(nic, save=None):
    """A live.Live from an interface, or from standard input if `nic` is None."""
    from .link import Link, LinkError
    from .live import Live

    with contextlib.ExitStack() as closing:
        try:
            link = closing.enter_context(contextlib.closing(Link(nic))) if nic else None
            recording = closing.enter_context(contextlib.closing(Recording(save))) if save else None
        except LinkError as error:
            raise Refused(error) from None
        except OSError as error:
            raise Refused(f"{save}: {error.strerror}") from None
        yield Live(link.frames() if link else stream(sys.stdin.fileno()), link, recording)


def _hand_back(path):
    """Make the user who ran sudo the owner of the file."""
    if "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def _print(story):
    from rich.console import Console

    from .terminal import Timeline

    console = Console(highlight=False, soft_wrap=True)
    timeline = Timeline(story)
    for line in timeline.follow():
        console.print(line)
    console.print(timeline.holders())
    if story.malformed:
        console.print(f"{story.malformed} malformed ARP frames")


def _draw(story, svg):
    try:
        draw(story, svg)
    except (OSError, ValueError) as error:
        raise Refused(f"{svg}: {getattr(error, 'strerror', None) or error}") from None
    print(f"picture: {svg}")
