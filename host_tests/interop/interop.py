# SPDX-License-Identifier: MIT
"""make interop: boards and other implementations try to claim the same address. Writes docs/interop.md.

interop.py PAGE FOLDER: captures and logs are written to FOLDER.
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

AT_ONCE = 14  # situations that run in parallel: nearly all of the time is waiting
EVERYBODY = (*BOARDS, *PEERS)

SITUATIONS = {
    "the board has the address first": lambda folder, first, board, peer: contests.one_after_the_other(
        folder, first, [board], [peer]
    ),
    "the peer has the address first": lambda folder, first, board, peer: contests.one_after_the_other(
        folder, first, [peer], [board]
    ),
    "both start at the same time": lambda folder, first, board, peer: contests.at_the_same_time(
        folder, first, [board, peer]
    ),
    "both have the address, then their links are joined": lambda folder, first, board, peer: (
        contests.links_joined(folder, first, [board, peer])
    ),
}

ALL_TOGETHER = {
    "UNIX_TAP has the address, then all others start": lambda folder, first: contests.one_after_the_other(
        folder, first, EVERYBODY[:1], EVERYBODY[1:]
    ),
    "dhcpcd has the address, then all others start": lambda folder, first: contests.one_after_the_other(
        folder, first, ["dhcpcd"], [name for name in EVERYBODY if name != "dhcpcd"]
    ),
    "all start at the same time": lambda folder, first: contests.at_the_same_time(folder, first, EVERYBODY),
    "all have the address, then their eight links are joined": lambda folder, first: contests.links_joined(
        folder, first, EVERYBODY
    ),
}

PAGE = """\
# Interoperability

In these tests, boards and five other implementations of RFC 3927 try to claim the same address. The command
`make interop` fails if two hosts have the same address at the end.

`make interop` wrote this page on {date}, with
{versions}.
lwIP's AutoIP ran on an emulated board, and the other programs ran in network namespaces. Each situation was
run once, on a network of its own.

## A board and a peer that want the same address

All hosts try the address {first} first. The tables show which host has this address at the end, and the time
from the start to the last change of an address.

{pairs}

When two links are joined, two hosts with the same address don't detect the conflict until one of them sends
an ARP packet. So a third host sends an ARP request for the address once per second. The board broadcasts its
reply (RFC 3927 2.5), so the peer detects its first conflict. What happens then depends on the peer:

- avahi-autoipd moves at once.
- dhcpcd, systemd-networkd and zcip send their ARP replies by unicast, so the board doesn't receive them. The
  peer defends the address. The peer's defence is the board's first conflict, so the board defends the address
  too. The board's defence is the peer's second conflict, so the peer moves.
- lwIP broadcasts its ARP replies, so both hosts detect a first conflict at the same time and defend the
  address. Each defence is the second conflict of the other host, so both hosts move.

## All together

{together}

dhcpcd gives up its address if another host probes it three times, see the next table. So dhcpcd may lose its
address when many hosts start.

## What each implementation does

For the first three rows, {starts} hosts with the same implementation started on one network at the same time. For
the other rows, a single host was on a network with an adversary. In the column "autoip", the hosts are
UNIX_TAP boards.

{table}

| implementation | how it is run |
|---|---|
| avahi-autoipd | with `--force-bind`, because without this option avahi-autoipd exits when there is a routable address |
| dhcpcd | with `--nodhcp` |
| systemd-networkd | with `LinkLocalAddressing=ipv4` |
| busybox zcip | from Debian's sources, because Debian's busybox does not contain it |
| lwIP AutoIP | on a QEMU_MPS2 board |

In the tests with several implementations, all hosts try the same address first. dhcpcd derives its first address
from the MAC, so the tests use this address for all hosts. lwIP also derives its first address from the MAC, so
the tests set a MAC on lwIP's board that results in this address. The other implementations have an option for
their first address.
"""  # noqa: E501


def main(page, folder):
    folder = Path(folder)
    first = contests.first_address(folder / "first")
    with ThreadPoolExecutor(AT_ONCE) as pool:

        def play(function, name, *arguments):
            return pool.submit(function, folder / re.sub(r"\W+", "-", name), *arguments)

        habit_jobs = {  # these jobs start first, because they take longest
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
    errors = [
        f"{key}: {error}"
        for key, outcome in [*pairs.items(), *together.items()]
        for error in outcome.errors()
    ]
    print("\n".join(errors) or f"{page}: no two hosts share an address at the end")
    return 1 if errors else 0


def versions():
    found = []
    for name, command in (
        ("avahi-autoipd", [*AVAHI_AUTOIPD, "--version"]),
        ("dhcpcd", ["dhcpcd", "--version"]),
        ("systemd-networkd", ["networkctl", "--version"]),
        ("busybox", [Zcip.PROGRAM]),
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        found.append(f"{name} {re.search(r'[0-9]+[.0-9]*', done.stdout + done.stderr)[0]}")
    header = (ROOT / "build/lwip/src/include/lwip/init.h").read_text()
    lwip = re.findall(r"define LWIP_VERSION_(?:MAJOR|MINOR|REVISION) +(\d+)", header)
    return ", ".join([*found, f"lwIP {'.'.join(lwip)}"])


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
    rows = ["| situation | has the address at the end | moved | duplicates | time, s |"]
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
