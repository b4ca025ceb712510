"""The last events of one interface: a ring of fixed size, in the place of the QNX slogger."""

from micropython import const

from .candidates import text

_SIZE = const(16)


class Log:
    """name: of the interface. debug: also report every entry at once, to the `logging` logger
    "autoip" where that module is installed, else by print (QNX option `debug`).
    """

    def __init__(self, name, debug):
        self._name = name
        self._ring = [None] * (3 * _SIZE)  # time, word and host of each entry
        self._next = 0
        self._report = _reporter() if debug else None

    def note(self, now, word, host):
        """Add an entry; `host` is a 16-bit host part, or -1 if it concerns none."""
        self._ring[self._next] = now
        self._ring[self._next + 1] = word
        self._ring[self._next + 2] = host
        self._next = (self._next + 3) % (3 * _SIZE)
        if self._report:
            self._report("autoip %s: %s %s" % (self._name, word, text(host) if host >= 0 else ""))

    def entries(self):
        """The entries, oldest first: a list of (ticks_ms, word, address or None)."""
        found = []
        ring = self._ring[self._next :] + self._ring[: self._next]
        for i in range(0, 3 * _SIZE, 3):
            if ring[i + 1]:
                host = ring[i + 2]
                found.append((ring[i], ring[i + 1], text(host) if host >= 0 else None))
        return found


def _reporter():
    try:
        import logging
    except ImportError:
        return print
    logger = logging.getLogger("autoip")
    logger.setLevel(logging.DEBUG)
    return logger.debug
