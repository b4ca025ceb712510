# SPDX-License-Identifier: MIT
"""Runs the C code, with sanitizers, and the engine with the inputs that `make fuzz` saved."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build/fuzz"


def replay(corpus, *program):
    assert any((HERE / "corpus" / corpus).iterdir())
    command = [*program, "-runs=0", f"-artifact_prefix={BUILD}/", HERE / "corpus" / corpus]
    env = {"LLVM_PROFILE_FILE": f"{BUILD}/replay.profraw"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, env=env)
    assert done.returncode == 0, done.stderr


def test_corpus_of_the_c_code():
    # R3927-2.5-h, B30, B38
    assert (BUILD / "link_input").exists(), "not built: run make fuzzer"
    replay("link", BUILD / "link_input")


@pytest.mark.skipif(not find_spec("atheris"), reason="Atheris has wheels for x86-64 only")
def test_corpus_of_the_engine():
    replay("engine", sys.executable, HERE / "engine_input.py")
