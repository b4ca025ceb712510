# SPDX-License-Identifier: MIT
"""Runs the engine tests with the project's MicroPython, and compares the frames of the two interpreters."""

import os
import subprocess
from pathlib import Path

import pytest
import scenarios

ENGINE = Path(__file__).parents[1]
ROOT = ENGINE.parents[1]
MICROPYTHON = ROOT / "build/UNIX_TAP/micropython"
RUN = ENGINE / "run.py"


def micropython(*arguments, **options):
    assert MICROPYTHON.exists(), "not built: run make firmware"
    command = [MICROPYTHON, "-X", "heapsize=16m", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, **options)


@pytest.mark.parametrize("module", sorted(path.stem for path in ENGINE.glob("test_*.py")))
def test_on_micropython(module, tmp_path):
    # CPython may run the same tests at the same time, with files of the same names.
    done = micropython(RUN, module, env={**os.environ, "TMPDIR": str(tmp_path)})
    lines = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    assert done.returncode == 0 and done.stdout.endswith(" passed, 0 failed\n"), (
        "\n".join(lines) + done.stderr
    )


def test_micropython_runs_the_files_of_the_tree():
    # Not the files that are frozen into its firmware.
    done = micropython(RUN, "--files")
    files = done.stdout.split()
    assert files and all((ROOT / "lib/autoip") == Path(name).resolve().parent for name in files)


def test_both_interpreters_send_the_same_frames_at_the_same_time():
    done = micropython(RUN, "--traces")
    lines = list(scenarios.traces())
    assert done.returncode == 0 and done.stdout.splitlines() == lines
    assert len(lines) > 200
