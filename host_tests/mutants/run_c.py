# SPDX-License-Identifier: MIT
"""make mutants-c: applies the changes of c.toml to firmware/, one at a time, and checks that a test fails.

run_c.py [WORD ...]    makes the changes whose file or name contains a WORD (default: all), and prints results

Each change is made in a copy of the project in build/mutants. A sanitized UNIX_TAP is built there, and the
tests that the entry names are run:

    [[change]]
    name = "what is changed, in a few words"
    file = "firmware/link.c"
    old = "a text that occurs once in the file"
    new = "the text that replaces it"
    tests = "arguments for pytest"
    equivalent = "optional: the reason why no test can fail"
"""

import pathlib
import shlex
import shutil
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).parents[2]
CHANGES = pathlib.Path(__file__).with_name("c.toml")
COPY = ROOT / "build/mutants"
LOG = COPY / "log.txt"


def _call(*command):
    """Run a command in the copy. Returns (exit code, output). The output is also appended to the log."""
    done = subprocess.run(command, cwd=COPY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with open(LOG, "a") as log:
        log.write(f"$ {shlex.join(map(str, command))}\n{done.stdout}\n")
    return done.returncode, done.stdout


def _copy():
    """Update the copy to the present state of the project, and keep its build."""
    COPY.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    listed = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, COPY / name
        if not source.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copy(source, target)
    (COPY / "build").mkdir(exist_ok=True)
    for name in ("src", "venv", "apps"):
        link = COPY / "build" / name
        if not link.exists():
            link.symlink_to(ROOT / "build" / name)


def _build():
    code, _ = _call("make", "firmware", "BOARD=UNIX_TAP", "SANITIZE=1")
    return code == 0


def _failed(output):
    return next((line for line in output.splitlines() if line.startswith(("FAILED", "ERROR "))), None)


def _run(change):
    """Returns (whether the result is as expected, the result in words)."""
    file = COPY / change["file"]
    text = (ROOT / change["file"]).read_text()
    if text.count(change["old"]) != 1:
        return False, f"`old` occurs {text.count(change['old'])} times in {change['file']}"
    file.write_text(text.replace(change["old"], change["new"]))
    try:
        if not _build():
            return False, f"does not build, see {LOG}"
        python = COPY / "build/venv/bin/python"
        code, output = _call(python, "-m", "pytest", "-x", "-q", "-n", "2", *shlex.split(change["tests"]))
    finally:
        file.write_text(text)
    failed = code != 0 and _failed(output)  # pytest's code is 1, or 2 if -x stopped several workers
    if code and not failed:
        return False, f"pytest ends with {code}, see {LOG}"
    if change.get("equivalent"):
        return not failed, f"is not equivalent: {failed}" if failed else "survives, as it should"
    return bool(failed), failed or "SURVIVES"


def main(words):
    changes = [
        change
        for change in tomllib.loads(CHANGES.read_text())["change"]
        if not words or any(word in change["file"] + change["name"] for word in words)
    ]
    _copy()
    if not _build():
        print(f"the unchanged copy does not build, see {LOG}")
        return 1
    wrong = 0
    for change in changes:
        good, result = _run(change)
        wrong += not good
        print(f"{'ok   ' if good else 'WRONG'} {change['file']}: {change['name']}: {result}", flush=True)
    _build()
    print(f"{len(changes)} changes, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
