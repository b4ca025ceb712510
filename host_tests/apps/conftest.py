# SPDX-License-Identifier: MIT
"""The fixtures of the tests with programs. `make test` runs some programs, `make apps` runs all programs."""

import json
import os

import pytest
from wire.bench import CAPTURES
from wire.board import ROOT
from wire.conftest import bench, server

from .programs import PROGRAMS, MicrodotServer, UmqttRobust, Upload

__all__ = ["bench", "server"]
RESULTS = ROOT / "build" / "apps" / "results"
_ALL = os.environ.get("APPS") == "all"
_KINDS = ("unix", "qemu")
# The programs that `make test` runs on QEMU_MPS2, in addition to all programs on UNIX_TAP.
_SOME = {("qemu", MicrodotServer), ("qemu", Upload), ("qemu", UmqttRobust)}
_SOME_WITH_OLD = {("unix", MicrodotServer), ("qemu", UmqttRobust)}


def _cases(with_old):
    for kind in _KINDS:
        for program in PROGRAMS:
            some = (
                (kind, program) in _SOME_WITH_OLD if with_old else kind == "unix" or (kind, program) in _SOME
            )
            if _ALL or some:
                yield pytest.param(kind, program, id=f"{kind}-{program.__name__}")


def pytest_generate_tests(metafunc):
    if "program" in metafunc.fixturenames:
        cases = list(_cases("old" in metafunc.function.__name__))
        metafunc.parametrize(("bench", "program"), cases, indirect=["bench"])
    elif "bench" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("bench", only.args[:1] if only else ["unix", "qemu"], indirect=True)


@pytest.fixture
def opened(server, request):
    """Opens the client of a program, and closes the client after the test."""
    programs = []

    def opened(program):
        programs.append(program(server.host, CAPTURES / request.node.name.replace("/", "_")))
        return programs[-1]

    yield opened
    for program in programs:
        program.close()


@pytest.fixture
def keep(request):
    """Stores the results of a test for docs/programs.md."""

    def keep(**results):
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{request.node.name}.json").write_text(json.dumps(results, indent=1) + "\n")

    return keep
