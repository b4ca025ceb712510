# SPDX-License-Identifier: MIT
"""Watch a link: show its hosts and events live, or print lines if there is no terminal."""

import time

from rich.console import Console
from rich.live import Live as Display

from .screen import Screen, duration, line, names_of
from .story import TALK

_SHOWN = 0.25  # s between two updates of the terminal


def watch(live, title):
    """Show a live story until its frames end, or until Ctrl-C. live: live.Live. title: the source of the
    frames.
    """
    console = Console(highlight=False, soft_wrap=True)
    try:
        if console.is_terminal:
            _show(live, Screen(live, title), console)
        else:
            _print(live, console)
    except KeyboardInterrupt:
        pass


def summary(live):
    """A summary, in one line."""
    story = live.story
    conflicts = sum(host.conflicts for host in story.hosts.values())
    elapsed = duration(time.monotonic() - live.started)
    counts = (len(story.hosts), "host"), (conflicts, "conflict"), (story.frames, "frame")
    seen = ", ".join(f"{count:,} {thing}{'' if count == 1 else 's'}" for count, thing in counts)
    return f"{seen} in {elapsed}"


def _show(live, screen, console):
    with Display(screen, console=console, auto_refresh=False, vertical_overflow="crop") as display:
        while not live.ended:
            live.listen(_SHOWN)
            display.refresh()


def _print(live, console):
    printed = 0  # events, including those that are not kept
    while not live.ended:
        live.listen(_SHOWN)
        story = live.story
        names = names_of(live)
        for event in story.events[max(0, printed - story.dropped) :]:
            if event.kind not in TALK:
                console.print(line(event, names))
        printed = story.dropped + len(story.events)
