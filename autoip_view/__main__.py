# SPDX-License-Identifier: MIT
"""python -m autoip_view CAPTURE [--svg FILE]: a capture as a timeline on the terminal, and as a picture."""

import argparse
import os
import sys

from . import CaptureError, draw, read


def main():
    parser = argparse.ArgumentParser(
        prog="python -m autoip_view",
        description="Who probed, claimed, denied, defended, lost and moved in a capture (pcap, pcapng).",
    )
    parser.add_argument("capture", metavar="CAPTURE")
    parser.add_argument("--svg", metavar="FILE", help="draw it, with the intervals of RFC 3927 section 9")
    options = parser.parse_args()
    try:
        return show(options.capture, options.svg)
    except ModuleNotFoundError as error:
        return refuse(f"{error.name} is not installed: pip install {error.name}")
    except BrokenPipeError:  # of `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def show(path, svg):
    """Print the timeline of a file, and draw it; returns the exit code."""
    fault = None
    try:
        story = read(path)
    except CaptureError as error:
        story, fault = error.story, error
    if story:
        tell(story)
    try:
        if story and svg:
            draw(story, svg)
    except (OSError, ValueError) as error:
        fault = f"{svg}: {getattr(error, 'strerror', None) or error}"
    return refuse(fault) if fault else 0


def tell(story):
    from rich.console import Console

    from .terminal import Timeline

    console = Console(highlight=False, soft_wrap=True)
    timeline = Timeline(story)
    for line in timeline.follow():
        console.print(line)
    console.print(timeline.holders())
    if story.malformed:
        console.print(f"{story.malformed} malformed ARP frames")


def refuse(reason):
    print(reason, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
