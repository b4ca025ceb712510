"""Runs on the board under test: agent.py TAP MAC on UNIX_TAP, by the raw REPL on others.

Tells events and answers the host, a JSON line each.

A line from the host is a pair, ["eval", expression] or ["exec", code].
"""

import json
import socket
import sys

import autoip
import network

_ICMP = 1
_ECHO = b"\x08\x00\xf7\xff\x00\x00\x00\x00"  # Echo Request, number 0, with its checksum


def tell(**what):
    sys.stdout.write(json.dumps(what) + "\n")


def on_event(event, svc):
    tell(event=event, address=svc.address, state=svc.state)


def start(nic, **options):
    options.setdefault("on_event", on_event)
    return autoip.start(nic, debug=True, **options)


def ping(address):
    """Does the address answer within a second?"""
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, _ICMP)
    sock.settimeout(1)
    try:
        sock.sendto(_ECHO, (address, 0))
        return sock.recvfrom(64)[1][0] == address
    except OSError:
        return False
    finally:
        sock.close()


def answer(kind, code):
    if kind == "eval":
        return eval(code, globals())
    exec(code, globals())


def serve():
    for line in sys.stdin:
        try:
            tell(answer=answer(*json.loads(line)))
        except Exception as error:
            tell(error=type(error).__name__, args=[str(arg) for arg in error.args])


if sys.platform == "linux":
    nic = network.LAN(sys.argv[1], mac=bytes.fromhex(sys.argv[2]))
elif hasattr(network, "LAN"):
    nic = network.LAN()
else:
    nic = network.WLAN()
nic.active(True)
if hasattr(nic, "connect"):
    nic.connect("wire")
tell(event="ready", address=None, state=None)
serve()
