# SPDX-License-Identifier: MIT
"""Shows what happened to the addresses of a link, from a capture or live, and finds the boards on a link.

    python -m autoip_view capture.pcapng --svg picture.svg
    python -m autoip_view --live NIC
    python -m autoip_view --find NIC

    import autoip_view
    story = autoip_view.read("capture.pcapng")
    for event in story.events:
        print(event.time, event.host, event.kind, event.words())
    autoip_view.draw(story, "picture.svg", names={"28:cd:c1:0a:0b:0c": "board A"})

frames.py decodes single frames, names.py decodes mDNS messages, and story.py derives what each host does.
capture.py reads and writes files, link.py is a network interface, questions.py decides what to send on it,
and live.py combines these. terminal.py, screen.py and picture.py show a story, find.py lists boards, and
commands.py has the commands of the program. A module imports a library only when it needs the library.
"""

from .capture import CaptureError, read
from .picture import draw
from .story import Event, Story

__all__ = ["CaptureError", "Event", "Story", "draw", "read"]
