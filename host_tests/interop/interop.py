# SPDX-License-Identifier: MIT
"""make interop: boards among other implementations that want the same address. Writes docs/interop.md.

interop.py PAGE FOLDER: the folder gets captures and logs.
"""

import datetime
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import contests
import single_host
from participants import BOARDS, PEERS
from wire.peers import AVAHI_AUTOIPD, Zcip
from wire.qemu import ROOT

AT_ONCE = 14  # situations that are played side by side: nearly all of the time is waiting
EVERYBODY = (*BOARDS, *PEERS)

SITUATIONS = {
    "the board has it first": lambda folder, first, board, peer: contests.one_after_the_other(
        folder, first, [board], [peer]
    ),
    "the peer has it first": lambda folder, first, board, peer: contests.one_after_the_other(
        folder, first, [peer], [board]
    ),
    "both start at the same time": lambda folder, first, board, peer: contests.at_the_same_time(
        folder, first, [board, peer]
    ),
    "both have it, and their links are joined": lambda folder, first, board, peer: contests.links_joined(
        folder, first, [board, peer]
    ),
}

ALL_TOGETHER = {
    "a UNIX_TAP has it, all others start": lambda folder, first: contests.one_after_the_other(
        folder, first, EVERYBODY[:1], EVERYBODY[1:]
    ),
    "dhcpcd has it, all others start": lambda folder, first: contests.one_after_the_other(
        folder, first, ["dhcpcd"], [name for name in EVERYBODY if name != "dhcpcd"]
    ),
    "all start at the same time": lambda folder, first: contests.at_the_same_time(folder, first, EVERYBODY),
    "all have it, and their eight links are joined": lambda folder, first: contests.links_joined(
        folder, first, EVERYBODY
    ),
}

PAGE = """\
# Among other implementations

Written by `make interop` on {date}: {versions}.
All of them are real, in namespaces of their own. Each situation was played once, on a wire of its own. **s** is from
its beginning to the last change of an address.

## A board and one other that want one address

{first} is the address that all try first. Who has it in the end?

{pairs}

After the links are joined a host looks for the address once a second, as nothing else shows that there are two. The
board's answer is broadcast (RFC 3927 2.5), and the other one hears of the board. If its own answer was unicast, it is
the first to defend, hears the board's defence as its second conflict, and moves. If its answer was broadcast too, as
lwIP's is, both defend at once, both hear a second conflict, and both move.

## All together

{together}

A dhcpcd that is probed for three times gives its address up, see below: so it may lose it to many who start.

## What each does

Alone on a wire with an adversary, {starts} hosts for the times. autoip is a UNIX_TAP.

{table}

How they are run: avahi-autoipd with `--force-bind`, without which it goes when there is a routable address; dhcpcd
with `--nodhcp`; systemd-networkd with `LinkLocalAddressing=ipv4`; zcip of Debian's sources, as Debian's busybox is
built without it; lwIP's AutoIP on a QEMU_MPS2. lwIP and dhcpcd take their first choice from the MAC, the others are
told it.
"""  # noqa: E501


def main(page, folder):
    folder = Path(folder)
    first = contests.first_address(folder / "first")
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def play(function, name, *arguments):
            return pool.submit(function, folder / re.sub(r"\W+", "-", name), *arguments)

        habit_jobs = {  # first, as they take longest
            name: [
                pool.submit(habit, name, folder / f"{name.replace(' ', '-')}-{habit.__name__}")
                for habit in single_host.ALL
            ]
            for name in (*PEERS, "UNIX_TAP")
        }
        together = {name: play(function, name, first) for name, function in ALL_TOGETHER.items()}
        pairs = {
            (situation, peer, board): play(function, f"{situation} {peer} {board}", first, board, peer)
            for situation, function in SITUATIONS.items()
            for peer in PEERS
            for board in BOARDS
        }
        table = {}
        for name, jobs in habit_jobs.items():
            for job in jobs:
                for row, found in job.result().items():
                    table.setdefault(row, {})[name] = found
        together = {name: job.result() for name, job in together.items()}
        pairs = {key: job.result() for key, job in pairs.items()}
    text = PAGE.format(
        date=datetime.date.today(),
        versions=versions(),
        first=first,
        pairs="\n\n".join(_pairs(situation, pairs) for situation in SITUATIONS),
        together=_together(together),
        starts=single_host.STARTS,
        table=_habits(table),
    )
    Path(page).write_text(text)
    faults = [
        f"{key}: {fault}"
        for key, outcome in [*pairs.items(), *together.items()]
        for fault in outcome.faults()
    ]
    print("\n".join(faults) or f"{page}: nobody shares an address in the end")
    return 1 if faults else 0


def versions():
    told = []
    for name, command in (
        ("avahi-autoipd", [*AVAHI_AUTOIPD, "--version"]),
        ("dhcpcd", ["dhcpcd", "--version"]),
        ("systemd-networkd", ["networkctl", "--version"]),
        ("busybox", [Zcip.PROGRAM]),
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        told.append(f"{name} {re.search(r'[0-9]+[.0-9]*', done.stdout + done.stderr)[0]}")
    header = (ROOT / "build/lwip/src/include/lwip/init.h").read_text()
    lwip = re.findall(r"define LWIP_VERSION_(?:MAJOR|MINOR|REVISION) +(\d+)", header)
    return ", ".join([*told, f"lwIP {'.'.join(lwip)}"])


def _pairs(situation, pairs):
    rows = [
        f"| {peer} | {' | '.join(_end(pairs[situation, peer, board], board, peer) for board in BOARDS)} |"
        for peer in PEERS
    ]
    header = f"| {situation} | {' | '.join(BOARDS)} |\n|---|{'---|' * len(BOARDS)}"
    return "\n".join([header, *rows])


def _end(outcome, board, peer):
    holders = outcome.holders_of_first()
    who = {(): "neither", (board,): "the board", (peer,): "the peer"}.get(tuple(holders), "**both**")
    return f"{who}, {outcome.seconds:.1f} s"


def _together(outcomes):
    rows = ["| situation | who has it in the end | who had it and moved | addresses that two have | s |"]
    rows.append("|---|---|---|---|---:|")
    for name, outcome in outcomes.items():
        cells = [outcome.holders_of_first(), outcome.moved, sorted(outcome.shared())]
        cells = [", ".join(cell) or "none" for cell in cells]
        rows.append(f"| {name} | {' | '.join(cells)} | {outcome.seconds:.1f} |")
    return "\n".join(rows)


def _habits(table):
    names = (*PEERS, "UNIX_TAP")
    header = f"| | {' | '.join(PEERS)} | autoip |\n|---|{'---|' * len(names)}"
    rows = [
        f"| {row} | {' | '.join(found.get(name, '-') for name in names)} |" for row, found in table.items()
    ]
    return "\n".join([header, *rows])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
