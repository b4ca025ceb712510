# SPDX-License-Identifier: MIT
"""Copies the files of one board for a release to build/dist.

dist.py BOARD BUILD FIRMWARE MICROPY_DIR LWIP_DIR

The files are the image and, for a debugger, the ELF file and the linker's map. A file name contains the
versions of autoip and MicroPython, so the file can't be mistaken for a file from MicroPython. notes.py reads
BOARD.json.
"""

import json
import pathlib
import re
import shutil
import sys

from licenses import NoLicense, licenses
from package import ROOT, version

DIST = ROOT / "build" / "dist"


def micropython_version(build):
    """The version of MicroPython in a build, without the suffix that autoip's build adds."""
    header = (build / "genhdr/mpversion.h").read_text()
    return re.search(r'MICROPY_GIT_TAG "([^+"]+)', header)[1]


def only(build, pattern):
    (file,) = build.glob(pattern)
    return file


def keep(board, build, firmware, micropython, *libraries):
    elf, linker_map = only(build, "*.elf"), only(build, "*.map")
    number = micropython_version(build)
    stem = f"autoip-v{version()}-micropython-{number}-{board}"
    described = {
        "board": board,
        "micropython": number,
        "image": stem + firmware.suffix,
        "licenses": licenses(linker_map.read_text(), micropython, *libraries),
    }
    DIST.mkdir(parents=True, exist_ok=True)
    for old in DIST.glob(f"*-{board}.*"):
        old.unlink()
    for file in {firmware, elf, linker_map}:
        kept = DIST / (stem + file.suffix)
        shutil.copyfile(file, kept)
        print(f"{kept.name}: {kept.stat().st_size:,} bytes")
    (DIST / f"{board}.json").write_text(json.dumps(described, indent=1) + "\n")


def main(board, *paths):
    try:
        keep(board, *map(pathlib.Path, paths))
    except NoLicense as reason:
        sys.exit(f"BOARD={board}: {reason}")


if __name__ == "__main__":
    main(*sys.argv[1:])
