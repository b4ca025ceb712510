# SPDX-License-Identifier: MIT
"""The contents of a release, from boards.toml.

plan.py         prints the outputs of the workflow's first job: the boards, and the tag of MicroPython
plan.py TAG     does the same, but fails with a one-line message if TAG is not the tag of this version
"""

import json
import sys
import tomllib

from package import ROOT, version

PLAN = tomllib.loads((ROOT / "release/boards.toml").read_text())
BOARDS = PLAN["boards"]


def check_tag(tag):
    if tag != f"v{version()}":
        sys.exit(f"tag {tag}: this is version {version()}, so the tag has to be v{version()}")
    if "not yet released" in (ROOT / "CHANGELOG.md").read_text():
        sys.exit("CHANGELOG.md says `not yet released`: write the date there, and tag that commit")


def outputs():
    boards = [
        {
            "board": name,
            "upstream": not (ROOT / "boards" / name).is_dir(),  # the board definition is in MicroPython
            "emulated": board.get("emulated", False),
        }
        for name, board in BOARDS.items()
    ]
    return {"boards": json.dumps(boards), "micropython": PLAN["micropython"]}


def main(tag=None):
    if tag is not None:
        check_tag(tag)
    for name, value in outputs().items():
        print(f"{name}={value}")


if __name__ == "__main__":
    main(*sys.argv[1:])
