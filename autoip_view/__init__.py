# SPDX-License-Identifier: MIT
"""What happened to the addresses of a link: a capture as a story, on the terminal and as a picture.

    python -m autoip_view capture.pcapng --svg picture.svg

    import autoip_view
    story = autoip_view.read("capture.pcapng")
    for event in story.events:
        print(event.time, event.host, event.kind, event.words())
    autoip_view.draw(story, "picture.svg", names={"28:cd:c1:0a:0b:0c": "board A"})

frames.py reads single frames, story.py tells what the hosts do with them, capture.py reads files, by scapy;
terminal.py shows a story, by rich, and picture.py, by matplotlib. Each is needed for its own part only.
"""

from .capture import CaptureError, read
from .picture import draw
from .story import Event, Story

__all__ = ["CaptureError", "Event", "Story", "draw", "read"]
