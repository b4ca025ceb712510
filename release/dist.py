# SPDX-License-Identifier: MIT
"""One board's files of a release, in build/dist.

dist.py BOARD BUILD FIRMWARE MICROPY_DIR LWIP_DIR

Copies the image, and for a debugger also the ELF file and the linker's map. A file's name has the versions of
autoip and MicroPython, so it can't be mistaken for a file of MicroPython's own. BOARD.json is for notes.py.
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
    """The version of MicroPython in a build, without what autoip's build puts behind it."""
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
