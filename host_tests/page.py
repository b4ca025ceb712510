# SPDX-License-Identifier: MIT
"""make page: a browser opens the web page of an emulated board, by name and by address.

page.py [keep]   keep: also write docs/page.svg

The board is a QEMU_MPS2 with examples/page.py as its main.py. The browser is Debian's chromium on a Linux
host, the laptop, which finds the name with mDNS. All of them run in network namespaces. build/page has the
pictures of the page, a recording, a capture and the board's log.
"""

import base64
import contextlib
import io
import re
import shutil
import sys
import time

from demo import PLAIN_WIDTH, listening, shown
from rich.console import Console
from wire.board import ROOT
from wire.browser import Browser
from wire.capture import Capture
from wire.frames import is_arp
from wire.repl import ReplBoard
from wire.wire import Wire

import autoip_view
from autoip_view.terminal import Timeline

FOLDER = ROOT / "build" / "page"
PICTURE = ROOT / "docs" / "page.svg"  # the picture in README.md
NAME = "autoip.local"
LAPTOP = "169.254.7.9/16"
HEADING = "<h1>Hello from autoip</h1>"

# The recording: the terminal above the browser's window.
_COLUMNS = 80
_WINDOW = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
{terminal}
<rect y="{bar}" width="{width}" height="60" rx="8" fill="#dfe4ea"/>
<text x="20" y="{text}" font-family="sans-serif" font-size="18" fill="#20262e">{url}</text>
<image y="{page}" width="{width}" height="{page_height}" href="data:image/png;base64,{image}"/>
</svg>
"""
_BROWSER_HEIGHT = 0.4  # of the width, as in the pictures of the page
# The fonts in rich's SVG files. A viewer would load them from the Internet.
_FONT = re.compile(r"(?s)@font-face \{.*?\}\s*")
_SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def deploy(board):
    """Copy the page to the board and restart it. Returns the time of the restart (s since 1970)."""
    board.mpremote("fs", "cp", ROOT / "examples" / "page.py", ":main.py")
    on = time.time()
    board.mpremote("reset")
    return on


def show(board, capture, host, on, folder, say=lambda words: None):
    """Open the page by name and by address. Returns URL -> HTML. The pictures are saved in `folder`.

    say: called with a description of each step.
    """
    address = capture.wait_for(is_arp("announcement", board.mac), after=on).arp.psrc
    browser = Browser(host)
    pages = {}
    for url, picture in ((f"http://{NAME}/", "by-name.png"), (f"http://{address}/", "by-address.png")):
        pages[url] = browser.show(url, NAME, folder / picture)
        say(f"a browser on the laptop opens {url}" if HEADING in pages[url] else f"{url} shows {pages[url]}")
    return pages


def record(lines, page, path):
    """Write the lines of a terminal and the picture of a web page as SVG."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), highlight=False)
    for line in lines:
        console.print(line)
    terminal = _FONT.sub("", console.export_svg(title="make page", unique_id="page"))
    width, height = map(float, _SIZE.search(terminal).groups())
    bar, page_height = height + 10, width * _BROWSER_HEIGHT
    picture = _WINDOW.format(
        width=width,
        height=bar + 40 + page_height,
        terminal=terminal.replace("<svg ", f'<svg width="{width}" height="{height}" ', 1),
        bar=bar,
        text=bar + 26,
        url=f"http://{NAME}/",
        page=bar + 40,
        page_height=page_height,
        image=base64.b64encode(page.read_bytes()).decode(),
    )
    path.write_text(picture)


def main(keep=""):
    FOLDER.mkdir(parents=True, exist_ok=True)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
    with contextlib.ExitStack() as closing:
        wire = closing.enter_context(Wire())
        capture = Capture(wire, FOLDER / "page.pcap")
        closing.callback(capture.close)
        host = wire.add_host(LAPTOP)
        board = ReplBoard(wire, FOLDER / "board.log")
        closing.callback(board.close)
        on = deploy(board)
        story = autoip_view.Story()
        names = {board.mac: "board", host.mac: "laptop"}
        timeline = Timeline(story, names, on, listening(story, capture.frames))
        with shown(timeline, console):
            timeline.note(on, "the board is switched on; there is no DHCP server")
            pages = show(board, capture, host, on, FOLDER, lambda words: timeline.note(time.time(), words))
    record(timeline.follow(), FOLDER / "by-name.png", FOLDER / "page.svg")
    good = all(HEADING in page for page in pages.values())
    if good and keep:
        shutil.copyfile(FOLDER / "page.svg", PICTURE)
    print(f"pictures, capture and log: {FOLDER.relative_to(ROOT)}/")
    return not good


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
