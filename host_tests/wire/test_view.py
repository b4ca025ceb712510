# SPDX-License-Identifier: MIT
"""The viewer reports from a capture what the boards reported themselves."""

import autoip_view

from .frames import ADVERSARY_MAC, announcement, is_arp, probe


def test_the_viewer_reports_the_events_of_the_board(bench):
    board = bench.board()
    first = board.claim(delay=200)
    bench.wire.send(probe(first))
    bench.capture.wait_for(lambda f: f.kind == "reply" and f.arp.psrc == first)
    bench.wire.send(announcement(first))
    board.expect("defended")
    bench.wire.send(announcement(first))
    board.expect("lost")
    second = board.expect("bound")["address"]
    bench.capture.wait_for(is_arp("announcement", board.mac, second))
    bench.capture.since()
    bench.capture.close()
    story = autoip_view.read(bench.capture.path)
    events = [(e.kind, e.address) for e in story.protocol_events() if e.host == board.mac]
    assert [each for each in events if each[0] != "announcement"] == [
        *[("probe", first)] * 3,
        ("claim", first),
        ("denial", first),
        ("defence", first),
        ("lost", first),
        *[("probe", second)] * 3,
        ("move", second),
    ]
    assert [(e.kind, e.other) for e in story.protocol_events() if e.host == ADVERSARY_MAC] == [
        ("probe", ""),
        ("conflict", board.mac),
        ("conflict", board.mac),
    ]
    assert story.hosts[board.mac].held == second
    assert story.malformed == 0
