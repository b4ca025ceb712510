"""The last events of one interface: a ring of fixed size, in the place of the QNX slogger."""

import sys

from .candidates import text


def new(entries):
    """A ring without entries. An entry is three items: ticks_ms, word, host part. The last item is the
    place of the next entry.
    """
    return [None] * (3 * entries) + [0]


def note(ring, now, word, host):
    """Add an entry. host: a 16-bit host part, or -1 if it concerns none."""
    at = ring[-1]
    ring[at] = now
    ring[at + 1] = word
    ring[at + 2] = host
    ring[-1] = (at + 3) % (len(ring) - 1)


def entries(ring):
    """The entries, oldest first: a list of (ticks_ms, word, address or None)."""
    found = []
    size = len(ring) - 1
    for i in range(0, size, 3):
        at = (ring[-1] + i) % size
        if ring[at + 1]:
            found.append((ring[at], ring[at + 1], text(ring[at + 2])))
    return found


def report(name, word, host):
    """Print an entry, for the option `debug`. An exception in it is printed as well."""
    try:
        # In pieces of 20 characters at most: ESP32 lets other threads run while it prints a longer one,
        # and if the scheduler prints it, MicroPython hangs.
        print("autoip ", name, ": ", word, " ", text(host) or "", sep="")
    except Exception as error:
        sys.print_exception(error)
