# SPDX-License-Identifier: MIT
"""Runs on the board under test: as agent.py TAP MAC on UNIX_TAP, through the raw REPL on other boards.

Prints events and answers to the host, one JSON line each.

A line from the host is a pair, ["eval", expression] or ["exec", code].
"""

import json
import socket
import sys
import time

import autoip
import network
from autoip.service import Service

PATIENCE = 30  # s to wait for an event on a busy machine

_ICMP = 1
_ECHO = b"\x08\x00\xf7\xff\x00\x00\x00\x00"  # an Echo Request with the identifier and the sequence number 0


def report(**what):
    sys.stdout.write(json.dumps(what) + "\n")


kept_note = Service._note


def note(self, word, host=-1):
    """Prints the service's log, entry by entry, for checker.losses()."""
    kept_note(self, word, host)
    try:
        print("autoip %s: %s %s" % (self.name, word, "169.254.%d.%d" % (host >> 8, host & 255)))
    except MemoryError:  # the heap is locked
        pass


def on_event(event, svc):
    report(event=event, address=svc.address, state=svc.state)


def start(nic, **options):
    options.setdefault("on_event", on_event)
    return autoip.start(nic, debug=True, **options)


def linked():
    """Has the interface a link? The values of status() depend on the port."""
    status = nic.status()
    return status in (3, 5) if sys.platform == "esp32" else status >= 2


def logged(word):
    """Is the word in the log? On a busy machine, other entries may follow it."""
    return word in [entry[1] for entry in autoip.get(nic).log()]


def busy_during_a_flap(event, svc):
    """on_event for start(): after the first claim, keeps Python busy until the cable has been unplugged and
    plugged in again.
    """
    on_event(event, svc)
    if event == "bound" and not svc.previous:
        until(lambda: not linked(), PATIENCE * 1000)
        on_event("unplugged", svc)
        until(linked, PATIENCE * 1000)
        time.sleep(2)  # time for the host to ask for the address
        on_event("no longer busy", svc)


def ping(address, timeout=PATIENCE):
    """Does the address answer one ping within `timeout` s?"""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, _ICMP)
    sock.settimeout(timeout)
    try:
        sock.sendto(_ECHO, (address, 0))
        while sock.recvfrom(64)[1][0] != address:  # not the reply to this ping
            pass
        return True
    except OSError:
        return False
    finally:
        sock.close()


def until(condition, ms):
    """Wait at most `ms` until the condition holds. Returns whether it holds then."""
    end = time.ticks_add(time.ticks_ms(), ms)
    while not condition():
        if time.ticks_diff(end, time.ticks_ms()) < 0:
            time.sleep_ms(5)  # the callbacks that were due before the end run first
            return bool(condition())
        time.sleep_ms(5)
    return True


def answer(kind, code):
    if kind == "eval":
        return eval(code, globals())
    exec(code, globals())


def serve():
    for line in sys.stdin:
        try:
            report(answer=answer(*json.loads(line)))
        except Exception as error:
            report(error=type(error).__name__, args=[str(arg) for arg in error.args])


def connect():
    """Activate the board's interface on the wire and return it."""
    if sys.platform == "linux":
        nic = network.LAN(sys.argv[1], mac=bytes.fromhex(sys.argv[2]))
    elif hasattr(network, "LAN"):
        nic = network.LAN()
    elif hasattr(network, "WIZNET5K"):
        nic = network.WIZNET5K()
    else:
        nic = network.WLAN()
    nic.active(True)
    if hasattr(nic, "connect"):
        nic.connect("wire")
    return nic


Service._note = note
if "nic" not in globals():  # on an ESP32, the host's code has already created nic
    nic = connect()
report(event="ready", address=None, state=None)
serve()
