# SPDX-License-Identifier: MIT
"""Writes package.json, and the version in manifest.py, from the files and the __version__ of lib/autoip.

package.py          writes both files
package.py check    fails if a file is stale or CHANGELOG.md lacks the version, and prints what to do
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIB = ROOT / "lib"


def version():
    text = (LIB / "autoip/__init__.py").read_text()
    return re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)[1]


def package():
    """What mip reads: [name on the board, path]. A path is relative to package.json."""
    files = sorted((LIB / "autoip").glob("*.py"))
    urls = [json.dumps([str(file.relative_to(LIB)), str(file.relative_to(ROOT))]) for file in files]
    lines = ",\n    ".join(urls)
    return f'{{\n  "urls": [\n    {lines}\n  ],\n  "deps": [],\n  "version": "{version()}"\n}}\n'


def manifest():
    text = (ROOT / "manifest.py").read_text()
    return re.sub(r'(?<=version=").+(?=",)', version(), text, count=1)


def main():
    made = {ROOT / "package.json": package(), ROOT / "manifest.py": manifest()}
    if sys.argv[1:] != ["check"]:
        for path, text in made.items():
            path.write_text(text)
        return
    for path, text in made.items():
        if not path.exists() or path.read_text() != text:
            sys.exit(f"{path.name} is stale: run make package")
    if f"## {version()} " not in (ROOT / "CHANGELOG.md").read_text():
        sys.exit(f"CHANGELOG.md has no section for version {version()}")


if __name__ == "__main__":
    main()
