# SPDX-License-Identifier: MIT
"""The screen of the live viewer, with rich: a table of the hosts, and the latest events."""

import collections
import ipaddress
import time
import zlib

from rich import box
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .advice import advice
from .story import ANNOUNCE_WAIT, DEFEND_INTERVAL, PROBE_MAX, RATE_LIMIT_INTERVAL, TALK, is_link_local
from .terminal import PALETTE, STYLES
from .vendor import vendor

_PROBES = PROBE_MAX + ANNOUNCE_WAIT  # s within which a probing host sends its next frame
_RESERVED = 7  # lines of the screen that show neither a host nor an event
_WARNING = 4  # lines, including the border
_SHARE = 0.6  # the hosts get this share of the lines that are not reserved
_WIDE = 110  # if the screen has at least this many columns, it shows the vendors
_FEWEST = 3  # even the smallest screen shows this many hosts and events

_STATE_STYLES = {
    "holds": "green",
    "defends": "bold green",
    "probing": "blue",
    "conflict": "bold red",
    "lost": "red",
    "gone": "dim",
    "silent": "dim",
    "asks DHCP": "yellow",
}


def state(host, now):
    """The state of a host in one word. now: s since 1970."""
    ago = now - host.did_at
    if host.state == "holds":
        if host.contested < max(since(host), now - DEFEND_INTERVAL):
            return "holds"
        return "conflict" if host.defended < host.contested else "defends"
    if host.state == "probing":
        return "probing" if ago < _PROBES else "silent"
    if host.did in ("lost", "conflict") and ago < RATE_LIMIT_INTERVAL:
        return host.did
    if host.did == "gone":
        return "gone"
    return "asks DHCP" if host.asked_dhcp and not host.address else "silent"


def since(host):
    """When the host entered its state, in s since 1970."""
    starts = [each.start for each in host.holdings if each.address == _address(host) and each.end is None]
    return starts[-1] if starts else host.did_at or host.last_seen


def line(event, names):
    """An event as a line of text. names: MAC -> name of a host."""
    who = Text(names.get(event.host, event.host), _colour(event.host))
    who.truncate(24, overflow="ellipsis", pad=True)
    milliseconds = int(event.time % 1 * 1000)
    words = Text(event.words(names), STYLES.get(event.kind, ""))
    return Text.assemble((f"{_clock(event.time)}.{milliseconds:03}", "dim"), "  ", who, "  ", words)


def names_of(live):
    """MAC -> name of a host."""
    names = {host.mac: host.name for host in live.story.hosts.values() if host.name}
    if live.link:
        names.setdefault(live.link.mac, "this host")
    return names


class Screen:
    """An object that rich can display. Each refresh draws the current story. live: live.Live."""

    def __init__(self, live, title):
        self._live = live
        self._title = title

    def __rich_console__(self, console, options):
        warning = list(self._warning())
        free = max(2 * _FEWEST, console.height - _RESERVED - _WARNING * len(warning))
        hosts = self._hosts()
        rows = min(len(hosts), max(_FEWEST, int(free * _SHARE)))
        names = names_of(self._live)
        events = _latest(self._live.story.events, max(_FEWEST, free - rows))
        lines = [line(event, names) for event in events] or [Text("nothing has happened yet", "dim")]
        for each in lines:
            each.truncate(console.width - 2, overflow="ellipsis")
        table = self._table(hosts, rows, names, console.width >= _WIDE)
        yield Group(self._header(), *warning, table, Padding(Group(*lines), (0, 1)))

    def _hosts(self):
        """The hosts to show. This host is shown only if it has a link-local address. Its other addresses are
        only in the header.
        """
        own = self._live.link and self._live.link.mac
        return [host for host in self._live.story.hosts.values() if host.mac != own or host.held]

    def _header(self):
        story = self._live.story
        elapsed = duration(time.monotonic() - self._live.started)
        parts = [f"{len(self._live.boards())} found", f"{story.frames:,} frames", elapsed, "Ctrl-C ends"]
        if self._live.link and self._live.link.ipv4:
            parts.insert(0, f"this host is {self._live.link.ipv4}")
        if story.malformed:
            parts.insert(-2, f"{story.malformed:,} malformed")
        return Text.assemble(
            (f" {self._title} ", "bold reverse"), "  ", (" · ".join(parts), "dim"), no_wrap=True
        )

    def _warning(self):
        lines = advice(self._live.link) if self._live.link else ()
        if lines:
            yield Panel(Text("\n".join(lines)), border_style="yellow", box=box.ROUNDED)

    def _table(self, hosts, rows, names, is_wide):
        table = Table(box=box.SIMPLE_HEAD, pad_edge=True, expand=True)
        for header, width in (("address", 15), ("state", 9), ("since", 8)):
            table.add_column(header, no_wrap=True, min_width=width)
        for header in ("name", "vendor") if is_wide else ("name",):
            table.add_column(header, no_wrap=True, overflow="ellipsis", ratio=1)
        table.add_column("MAC", no_wrap=True, min_width=17)
        table.add_column("conflicts", no_wrap=True, justify="right")
        named = collections.Counter(host.name for host in hosts)
        shown = _choose(hosts, rows if len(hosts) <= rows else rows - 1)
        for host in shown:
            table.add_row(*self._row(host, names.get(host.mac, ""), named[host.name], is_wide))
        if len(shown) < len(hosts):
            table.add_row(Text(f"{len(hosts) - len(shown):,} more", "dim"))
        return table

    def _row(self, host, name, namesakes, is_wide):
        word = state(host, self._live.now())
        return (
            Text(_address(host) or "-", "bold" if host.held else "dim"),
            Text(word, _STATE_STYLES[word]),
            Text(_clock(since(host)), "dim"),
            Text(f"{name} ({namesakes} hosts)", "bold red") if host.name and namesakes > 1 else Text(name),
            *([Text(vendor(host.mac))] if is_wide else []),
            Text(host.mac, _colour(host.mac)),
            Text(f"{host.conflicts:,}", "red") if host.conflicts else Text("0", "dim"),
        )


def duration(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


def _choose(hosts, count):
    """Choose at most `count` hosts: interesting hosts first, then the hosts with the latest events. Both
    groups are sorted by address.
    """
    latest = sorted(hosts, key=lambda host: (not _is_interesting(host), -host.did_at))[:count]
    return sorted(latest, key=lambda host: (not _is_interesting(host), _number(host)))


def _is_interesting(host):
    return bool(host.held or host.asked_dhcp or is_link_local(_address(host)))


def _address(host):
    """The address to show: the link-local address, otherwise another current address, otherwise the address
    that the host had last.
    """
    return host.held or host.address or (host.holdings[-1].address if host.holdings else "")


def _number(host):
    address = _address(host)
    return int(ipaddress.IPv4Address(address)) if address else 1 << 32


def _latest(events, count):
    """The last `count` events whose kind is not in TALK."""
    found = []
    for event in reversed(events):
        if len(found) == count:
            break
        if event.kind not in TALK:
            found.append(event)
    return found[::-1]


def _clock(at):
    return time.strftime("%H:%M:%S", time.localtime(at))


def _colour(mac):
    return PALETTE[zlib.crc32(mac.encode()) % len(PALETTE)]
