# SPDX-License-Identifier: MIT
"""The files of a release, in build/dist: firmware by name, checksums, notes.

dist.py boards                  the boards of boards.txt, as JSON
dist.py emulated                those of them that an emulator runs, likewise (boards/upstream/tested.txt)
dist.py keep BOARD FIRMWARE     copies a firmware to BOARD-DATE-vX.Y.Z, the form of upstream's names
dist.py sums                    writes SHA256SUMS, and notes.md: the section of CHANGELOG.md, files and sizes
dist.py tag TAG                 ends with one line if the tag is not that of this version

DATE is that of the last commit, so that the same commit gives the same names.
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys

from package import ROOT, version

DIST = ROOT / "build" / "dist"
EMULATED = "make test-board"


def lines(path):
    return [line for line in (ROOT / path).read_text().splitlines() if line[:1] not in ("", "#")]


def boards():
    return lines("release/boards.txt")


def emulated():
    runs = {line.split()[0] for line in lines("boards/upstream/tested.txt") if EMULATED in line}
    return [board for board in boards() if board in runs]


def date():
    command = [
        "git",
        "-C",
        ROOT,
        "-c",
        "safe.directory=*",
        "log",
        "-1",
        "--format=%cd",
        "--date=format:%Y%m%d",
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def keep(board, firmware):
    DIST.mkdir(parents=True, exist_ok=True)
    for old in DIST.glob(f"{board}-2*"):
        old.unlink()
    kept = DIST / f"{board}-{date()}-v{version()}{pathlib.Path(firmware).suffix}"
    shutil.copyfile(firmware, kept)
    print(f"{kept.relative_to(ROOT)}: {kept.stat().st_size:,} octets")


def changes():
    """The section of this version in CHANGELOG.md, without its heading."""
    text = (ROOT / "CHANGELOG.md").read_text()
    return re.search(rf"^## {re.escape(version())} .*\n([^#]*)", text, re.MULTILINE)[1].strip()


def sums():
    files = sorted(DIST.glob("*-v*"))
    if not files:
        sys.exit("no firmware in build/dist: `make dist BOARD=NAME` first")
    hashes = {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    (DIST / "SHA256SUMS").write_text("".join(f"{digest}  {file.name}\n" for file, digest in hashes.items()))
    table = [f"| {file.name} | {file.stat().st_size:,} |" for file in files]
    notes = [
        changes(),
        "",
        "| file | octets |",
        "|---|---|",
        *table,
        "",
        "Checksums: `sha256sum -c SHA256SUMS`.",
    ]
    (DIST / "notes.md").write_text("\n".join(notes) + "\n")


def check_tag(tag):
    if tag != f"v{version()}":
        sys.exit(f"tag {tag}: this is version {version()}, the tag would be v{version()}")
    if "not yet released" in (ROOT / "CHANGELOG.md").read_text():
        sys.exit("CHANGELOG.md says `not yet released`: put the date there, and tag that commit")


def main():
    match sys.argv[1:]:
        case ["boards"]:
            print(json.dumps(boards()))
        case ["emulated"]:
            print(json.dumps(emulated()))
        case ["keep", board, firmware]:
            keep(board, firmware)
        case ["sums"]:
            sums()
        case ["tag", tag]:
            check_tag(tag)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
