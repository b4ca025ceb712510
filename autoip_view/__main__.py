# SPDX-License-Identifier: MIT
"""python -m autoip_view: show a capture as a timeline and a picture, watch a link, or find its boards."""

import argparse
import os
import sys

from . import commands

_REFUSED = 2  # exit codes
_INTERRUPTED = 130  # the exit code of a shell after Ctrl-C


def main():
    parser = _parser()
    options = parser.parse_args()
    if [options.capture, options.live, options.find].count(None) != 2:
        parser.error("name a CAPTURE, or use --live NIC or --find NIC")
    if options.save and not (options.live or options.capture == "-"):
        parser.error("--save needs --live NIC or the CAPTURE -")
    sys.stdout.reconfigure(errors="replace")  # a name may have characters that the terminal can't show
    try:
        return _run(options)
    except commands.Refused as error:
        return _refuse(error)
    except ModuleNotFoundError as error:
        return _refuse(f"{error.name} is not installed: pip install {error.name}")
    except BrokenPipeError:  # the program that reads the pipe has ended, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m autoip_view",
        description="Show which hosts probed, claimed, denied, defended and lost addresses. The frames come "
        'from a capture (pcap or pcapng), a pipe (CAPTURE is "-") or an interface. With --find, print the '
        "boards on a link instead.",
    )
    parser.add_argument("capture", metavar="CAPTURE", nargs="?")
    parser.add_argument("--live", metavar="NIC", help="watch an interface until Ctrl-C")
    parser.add_argument(
        "--find", metavar="NIC", help="print a line for each board; the exit code is 1 if no board is found"
    )
    parser.add_argument(
        "--svg", metavar="FILE", help="draw a picture, .svg or .png, with a lane for each host"
    )
    parser.add_argument("--save", metavar="FILE", help="save the decoded frames to a pcapng file")
    parser.add_argument(
        "--timeout", metavar="S", type=_seconds, help="stop --find after S seconds (default: 70)"
    )
    parser.add_argument("--json", action="store_true", help="with --find, print the boards as JSON")
    return parser


def _seconds(text):
    seconds = float(text)
    if not seconds >= 0:
        raise ValueError
    return seconds


def _run(options):
    if options.find:
        return commands.find(options.find, options.timeout, options.json)
    if options.live or options.capture == "-":
        return commands.watch(options.live, options.save, options.svg)
    return commands.show(options.capture, options.svg)


def _refuse(reason):
    print(reason, file=sys.stderr)
    return _REFUSED


if __name__ == "__main__":
    sys.exit(main())
