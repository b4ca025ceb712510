# SPDX-License-Identifier: MIT
"""The web page of a board without a DHCP server, in a real browser that finds it with mDNS."""

import shutil

import pytest
from page import HEADING, LAPTOP, deploy, record, show

pytestmark = [
    pytest.mark.only("qemu", "UNIX_TAP has no serial port for mpremote"),
    pytest.mark.skipif(not shutil.which("chromium"), reason="no package chromium; make test installs it"),
]


def test_the_page_is_found_by_name_and_by_address(bench, tmp_path):
    host = bench.wire.add_host(LAPTOP)
    board = bench.repl()
    pages = show(board, bench.capture, host, deploy(board), tmp_path)
    assert len(pages) == 2
    address = next(url for url in pages if "169.254." in url).split("/")[2]
    for url, page in pages.items():
        assert HEADING in page and f"<b>{address}</b>" in page, url
    for picture in tmp_path.glob("*.png"):
        assert picture.read_bytes().startswith(b"\x89PNG")
    record(["a line"], tmp_path / "by-name.png", tmp_path / "page.svg")
    recording = (tmp_path / "page.svg").read_text()
    assert "a&#160;line" in recording and "data:image/png;base64," in recording
    assert "url(http" not in recording  # a picture in a page can't load files
