# SPDX-License-Identifier: MIT
"""Writes SHA256SUMS, LICENSES.txt and notes.md to build/dist, for the release page. The firmware is already
there.

The notes name each board in boards.toml whose image is missing in build/dist.
"""

import hashlib
import json
import os
import re
import sys

from dist import DIST
from package import ROOT, version
from plan import BOARDS, PLAN

TESTED = ROOT / "boards/upstream/tested.txt"
RULE = "=" * 100

CHECK = """Check a file with `sha256sum -c --ignore-missing SHA256SUMS`. With GitHub's command line,
`gh attestation verify FILE --repo REPOSITORY` proves that this project's workflow built the file.
The `.elf` and `.map` files are for a debugger."""


def changes():
    """The section of this version in CHANGELOG.md, without its heading."""
    text = (ROOT / "CHANGELOG.md").read_text()
    return re.search(rf"^## {re.escape(version())} .*\n((?:(?!## ).*\n?)*)", text, re.MULTILINE)[1].strip()


def tested():
    """{board: where it has run}"""
    lines = [line for line in TESTED.read_text().splitlines() if line[:1] not in ("", "#")]
    return dict(line.split(maxsplit=1) for line in lines)


def built():
    """What dist.py has written about each board, in the order of boards.toml."""
    return [json.loads(file.read_text()) for name in BOARDS if (file := DIST / f"{name}.json").exists()]


def table(images):
    runs = tested()
    lines = ["| board | file | MicroPython | state |", "|---|---|---|---|"]
    for image in images:
        board = BOARDS[image["board"]]
        state = runs[image["board"]]
        if "experimental" in board:
            state = f"**experimental**: {board['experimental']}; {state}"
        lines.append(f"| {board['name']} | {image['image']} | {image['micropython']} | {state} |")
    return lines


def missing(images):
    names = BOARDS.keys() - {image["board"] for image in images}
    boards = [board["name"] for name, board in BOARDS.items() if name in names]
    lines = [f"- {name}: no image in this release, because its build or its test failed." for name in boards]
    return lines + [f"- {name}: left out, because {reason}." for name, reason in PLAN["left_out"].items()]


def flashing(images):
    lines = ["| board | how to flash |", "|---|---|"]
    for image in images:
        board = BOARDS[image["board"]]
        how = PLAN["flash"][board["flash"]]
        how = how.replace("OFFSET", board.get("offset", "")).replace("FILE", image["image"])
        lines.append(f"| {board['name']} | {how} |")
    return lines


def licensing(images):
    lines = ["LICENSES.txt has the licences of everything that is linked into an image:", ""]
    for image in images:
        names = dict.fromkeys(title.split(":")[0] for title in image["licenses"])
        lines.append(f"- {BOARDS[image['board']]['name']}: {', '.join(names)}")
    return lines


def notes(images, sums):
    check = CHECK.replace("REPOSITORY", os.environ.get("GITHUB_REPOSITORY", "OWNER/autoip"))
    parts = [changes()]
    parts += ["## Firmware", *table(images), "", *missing(images)]
    parts += ["## How to flash", *flashing(images)]
    parts += ["## Checksums", "```", sums.strip(), "```", check]
    parts += ["## Licences", *licensing(images)]
    return re.sub(r"(?m)^(## .*)$", r"\n\1\n", "\n".join(parts)) + "\n"


def all_licenses(images):
    """Each text once, with the boards whose images need it."""
    boards = {}
    for image in images:
        for title, text in image["licenses"].items():
            boards.setdefault((title, text), []).append(BOARDS[image["board"]]["name"])
    sections = [
        f"{RULE}\n{title}\nIn the images of: {', '.join(names)}\n{RULE}\n\n{text.strip()}\n"
        for (title, text), names in boards.items()
    ]
    return "\n\n".join(sections)


def main():
    images = built()
    if not images:
        sys.exit("no firmware in build/dist: `make dist BOARD=NAME` builds it")
    (DIST / "LICENSES.txt").write_text(all_licenses(images))
    files = [*sorted(DIST.glob("autoip-v*")), DIST / "LICENSES.txt"]
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
    (DIST / "SHA256SUMS").write_text(sums)
    (DIST / "notes.md").write_text(notes(images, sums))


if __name__ == "__main__":
    main()
