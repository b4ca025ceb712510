# SPDX-License-Identifier: MIT
"""make page: an emulated board on a cable shows its web page in a real browser, by name and by address.

The board is a QEMU_MPS2 that is given examples/page.py as main.py and switched on, the browser Debian's
chromium on a Linux host, which finds the name by mDNS. All of it is in network namespaces of its own. The
pictures of the page, a capture and the board's log are left in build/page.
"""

import contextlib
import sys
import time

from wire.board import ROOT
from wire.browser import Browser
from wire.capture import Capture
from wire.frames import is_arp
from wire.repl import ReplBoard
from wire.wire import Wire

FOLDER = ROOT / "build" / "page"
NAME = "autoip.local"
LAPTOP = "169.254.7.9/16"
HEADING = "<h1>Hello from autoip</h1>"


def deploy(board):
    """Give the board the page and switch it on anew; returns when (s since 1970)."""
    board.mpremote("fs", "cp", ROOT / "examples" / "page.py", ":main.py")
    on = time.time()
    board.mpremote("reset")
    return on


def show(board, capture, host, on, folder):
    """The page by name and by address, as dict of URL and HTML; their pictures are left in `folder`."""
    address = capture.wait_for(is_arp("announcement", board.mac), after=on).arp.psrc
    browser = Browser(host)
    return {
        url: browser.show(url, NAME, folder / picture)
        for url, picture in ((f"http://{NAME}/", "by-name.png"), (f"http://{address}/", "by-address.png"))
    }


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as closing:
        wire = closing.enter_context(Wire())
        capture = Capture(wire, FOLDER / "page.pcap")
        closing.callback(capture.close)
        host = wire.add_host(LAPTOP)
        board = ReplBoard(wire, FOLDER / "board.log")
        closing.callback(board.close)
        print("a board is switched on, on a cable to a Linux host; there is no DHCP server", flush=True)
        on = deploy(board)
        pages = show(board, capture, host, on, FOLDER)
    for url, page in pages.items():
        print(f"{url:24} {'shows the page' if HEADING in page else 'shows ' + page}")
    print(f"pictures, capture and log: {FOLDER.relative_to(ROOT)}/")
    return not all(HEADING in page for page in pages.values())


if __name__ == "__main__":
    sys.exit(main())
