# SPDX-License-Identifier: MIT
"""Each source file has an SPDX comment with its licence on the first line, or on the line after `#!`.

spdx.py         adds missing comments
spdx.py check   names the files without the comment
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
LINE = "SPDX-License-Identifier: MIT"
COMMENTS = {
    **dict.fromkeys([".py", ".pyi", ".sh", ".mk", ".cmake", ".yml", "Makefile", "run"], f"# {LINE}\n"),
    **dict.fromkeys([".c", ".h", ".mjs"], f"// {LINE}\n"),
    ".ld": f"/* {LINE} */\n",
}


def missing():
    """(path, comment) of each source file in git that lacks the line."""
    # In a container, the checkout may belong to a user other than the caller.
    command = ["git", "-C", ROOT, "-c", "safe.directory=*", "ls-files"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        path = ROOT / name
        comment = COMMENTS.get(path.suffix or path.name)
        if comment and LINE not in path.read_text()[:200]:
            yield path, comment


def main():
    files = list(missing())
    if sys.argv[1:] == ["check"]:
        if files:
            names = "\n".join(str(path.relative_to(ROOT)) for path, _ in files)
            sys.exit(f"{names}\nno SPDX line: `python3 release/spdx.py` adds it")
        return
    for path, comment in files:
        text = path.read_text()
        first = text.index("\n") + 1 if text.startswith("#!") else 0
        path.write_text(text[:first] + comment + text[first:])


if __name__ == "__main__":
    main()
