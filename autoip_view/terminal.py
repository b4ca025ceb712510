# SPDX-License-Identifier: MIT
"""A story on the terminal: one line per event, and a panel with the holders of the addresses."""

import threading

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

PALETTE = ("cyan", "magenta", "blue", "green", "yellow", "bright_cyan", "bright_magenta", "bright_blue")
STYLES = {
    "conflict": "bold red",
    "lost": "red",
    "denial": "red",
    "defence": "bold green",
    "claim": "bold",
    "found": "bold",
    "gone": "dim",
}
STYLES["move"] = STYLES["claim"]
_NOTE = "bold yellow"


class Timeline:
    """The lines of a story, for rich's live display or for printing. The story may still grow.

    names: MAC -> name of a host. Other hosts are shown with their MAC. start: the time (s since 1970)
    that is shown as 0. None: the time of the first event. more: None, or a function that adds new frames
    to the story. It is called before the lines are shown.
    """

    def __init__(self, story, names=None, start=None, more=None):
        self._story = story
        self._more = more or (lambda: None)
        self._names = names or {}
        self._start = start
        self._numbers = {mac: number for number, mac in enumerate(self._names)}  # for the colours
        self._lines = []
        self._printed = 0
        self._lock = threading.RLock()

    def note(self, time, text):
        """Add a line of text."""
        with self._lock:
            self.follow()
            self._lines.append(self._line(time, "", Text(text, _NOTE)))

    def follow(self):
        """The lines so far, as rich's Text."""
        with self._lock:
            self._more()
            new = self._story.events[self._printed :]
            self._printed += len(new)
            for event in new:
                words = Text(event.words(self._names), STYLES.get(event.kind, ""))
                self._lines.append(self._line(event.time, event.host, words))
            return self._lines

    def holders(self):
        """A panel that shows which host holds which address."""
        table = Table.grid(padding=(0, 3))
        for mac in [*self._names, *(mac for mac in self._story.hosts if mac not in self._names)]:
            host = self._story.hosts.get(mac)
            state, address = (host.state, host.address) if host else ("silent", "")
            table.add_row(self._who(mac), state, Text(address, "bold"))
        return Panel(table, title="hosts and addresses", title_align="left", expand=False)

    def _line(self, time, mac, words):
        if self._start is None:
            self._start = time
        who = self._who(mac)
        who.pad_right(max(0, self._width() - len(who)))
        return Text.assemble(f"{time - self._start:9.3f} s  ", who, "  ", words)

    def _width(self):
        return max(map(len, self._names.values()), default=17)  # 17: the length of a MAC as text

    def _who(self, mac):
        number = self._numbers.setdefault(mac, len(self._numbers))
        return Text(self._names.get(mac, mac), PALETTE[number % len(PALETTE)])
