"""The last events of one interface: a ring of fixed size, in the place of the QNX slogger."""

import sys

from micropython import const

from .candidates import text

_PLACE = const(24)  # three items for each of 8 entries, and then the place of the next one


def new():
    """A ring without entries. An entry is three items: ticks_ms, word, host part. The last item is the
    place of the next entry.
    """
    return [None] * _PLACE + [0]


def note(ring, now, word, host):
    """Add an entry. host: a 16-bit host part, or -1 if it concerns none."""
    at = ring[_PLACE]
    ring[at] = now
    ring[at + 1] = word
    ring[at + 2] = host
    ring[_PLACE] = (at + 3) % _PLACE


def entries(ring):
    """The entries, oldest first: a list of (ticks_ms, word, address or None)."""
    found = []
    for i in range(0, _PLACE, 3):
        at = (ring[_PLACE] + i) % _PLACE
        if ring[at + 1]:
            found.append((ring[at], ring[at + 1], text(ring[at + 2])))
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
