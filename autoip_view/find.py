# SPDX-License-Identifier: MIT
"""Find the boards on a link: a line for each, or JSON."""

import ipaddress
import json
import time

from .story import ANNOUNCE_WAIT, PROBE_MAX
from .vendor import vendor

TIMEOUT = 70  # s: a board without an address looks for a DHCP server once a minute
_LISTEN = 0.2  # s
_SHORTEST = 3  # s to wait for all answers, because hosts delay their answers to a multicast query
_SETTLED = 2  # find() waits until the list of boards has not changed for this many seconds
# The same, if a board has no name yet, because questions.py asks for the name for 3 s.
_NAMELESS = 4
_PROBES = PROBE_MAX + ANNOUNCE_WAIT  # s within which a probing host sends its next frame


def find(live, timeout):
    """The boards, as dicts with the keys address, name, mac and vendor. The list may be empty.

    live: live.Live. timeout: the search ends after at most this many seconds.
    """
    start = changed = time.monotonic()
    found = []
    while not live.ended and time.monotonic() - start < timeout:
        live.listen(_LISTEN)
        now = [_about(host) for host in live.boards()]
        if now != found:
            found, changed = now, time.monotonic()
        settled = _SETTLED if all(board["name"] for board in found) else _NAMELESS
        shortest = max(start + _SHORTEST, changed + settled)
        if found and time.monotonic() > shortest and not _is_probing(live):
            break
    return sorted(found, key=lambda board: ipaddress.IPv4Address(board["address"]))


def lines(boards):
    """Returns a line for each board, with the address, name, MAC and vendor in columns. An unknown value is
    shown as "-".
    """
    rows = [[board[key] or "-" for key in ("address", "name", "mac", "vendor")] for board in boards]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def as_json(boards):
    return json.dumps(boards, indent=2)


def _about(host):
    return {
        "address": host.held or host.address,
        "name": host.name or None,
        "mac": host.mac,
        "vendor": vendor(host.mac) or None,
    }


def _is_probing(live):
    hosts = live.story.hosts.values()
    return any(host.state == "probing" and live.now() - host.last_seen < _PROBES for host in hosts)
