"""The last events of one interface: a ring of fixed size, in the place of the QNX slogger."""

import sys
from array import array

from micropython import const

from .candidates import text

_SIZE = const(16)  # two for each entry, and where the next one goes
_NONE = const(0xFFFF)  # no host part

_WORDS = (
    "",
    "up",
    "down",
    "routable",
    "unsent",
    "conflict",
    "defended",
    "lost",
    "bound",
    "routable conflict",
    "force without old: ignored",
    "stopped",
)


def new():
    """A ring without entries."""
    return array("i", bytes(4 * _SIZE + 4))


def note(ring, now, word, host):
    """Add an entry. word: one of those above; host: a 16-bit host part, or -1 if it concerns none."""
    at = ring[_SIZE]
    ring[at] = now
    ring[at + 1] = _WORDS.index(word) << 16 | host & _NONE
    ring[_SIZE] = (at + 2) % _SIZE


def entries(ring):
    """The entries, oldest first: a list of (ticks_ms, word, address or None)."""
    found = []
    for i in range(0, _SIZE, 2):
        at = (ring[_SIZE] + i) % _SIZE
        word = _WORDS[ring[at + 1] >> 16]
        host = ring[at + 1] & _NONE
        if word:
            found.append((ring[at], word, text(host) if host != _NONE else None))
    return found


def reporter(name):
    """What the option `debug` calls with word and host: it reports to the `logging` logger "autoip" where
    that module is installed, else by print. An exception in it is reported as well.
    """
    report = print
    try:
        import logging

        logger = logging.getLogger("autoip")
        logger.setLevel(logging.DEBUG)
        report = logger.debug
    except ImportError:
        pass

    def guarded(word, host):
        try:
            report("autoip %s: %s %s" % (name, word, text(host) or ""))
        except Exception as error:
            sys.print_exception(error)

    return guarded
