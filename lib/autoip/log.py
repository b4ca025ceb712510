"""The last events of one interface: a ring of fixed size, in the place of the QNX slogger."""

from array import array

from micropython import const

from .candidates import text

_SIZE = const(16)


class Log:
    """name: of the interface. debug: also report every entry at once, to the `logging` logger
    "autoip" where that module is installed, else by print (QNX option `debug`).
    """

    def __init__(self, name, debug):
        self._name = name
        self._words = [None] * _SIZE
        self._times = array("i", [0] * _SIZE)
        self._hosts = array("i", [-1] * _SIZE)
        self._next = 0
        self._report = _reporter() if debug else None

    def note(self, now, word, host):
        """Add an entry; `host` is a 16-bit host part, or -1 if it concerns none."""
        self._words[self._next] = word
        self._times[self._next] = now
        self._hosts[self._next] = host
        self._next = (self._next + 1) % _SIZE
        if self._report:
            self._report("autoip %s: %s %s" % (self._name, word, text(host) if host >= 0 else ""))

    def entries(self):
        """The entries, oldest first: a list of (ticks_ms, word, address or None)."""
        found = []
        for i in range(self._next, self._next + _SIZE):
            word = self._words[i % _SIZE]
            if word:
                host = self._hosts[i % _SIZE]
                found.append((self._times[i % _SIZE], word, text(host) if host >= 0 else None))
        return found


def _reporter():
    try:
        import logging
    except ImportError:
        return print
    logger = logging.getLogger("autoip")
    logger.setLevel(logging.DEBUG)
    return logger.debug
