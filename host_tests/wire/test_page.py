"""A web page of a board without a DHCP server, in a real browser that finds it by mDNS."""

import pytest
from page import LAPTOP, deploy, show

pytestmark = pytest.mark.only("qemu", "the page is deployed to it as to a board with hardware")


def test_the_page_is_found_by_name_and_by_address(bench):
    host = bench.wire.add_host(LAPTOP)
    board = bench.repl()
    picture = bench.capture.path.with_suffix(".png")
    pages = show(board, bench.capture, host, deploy(board), picture)
    assert len(pages) == 2
    for url, page in pages.items():
        assert "<h1>Hello from autoip</h1>" in page, url
    address = next(url for url in pages if "169.254." in url).split("/")[2]
    assert all(f"<b>{address}</b>" in page for page in pages.values())
    assert picture.read_bytes().startswith(b"\x89PNG")
