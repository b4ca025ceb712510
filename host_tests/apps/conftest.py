# SPDX-License-Identifier: MIT
"""The fixtures of the tests with programs. `make test` runs a part of the lives, `make apps` all."""

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
# Lives that `make test` runs in addition to those of UNIX_TAP.
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
    """Opens the client of a program; it is closed after the test."""
    programs = []

    def opened(program):
        programs.append(program(server.host, CAPTURES / request.node.name.replace("/", "_")))
        return programs[-1]

    yield opened
    for program in programs:
        program.close()


@pytest.fixture
def keep(request):
    """Keeps what docs/programs.md shows of a test."""

    def keep(**results):
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{request.node.name}.json").write_text(json.dumps(results, indent=1) + "\n")

    return keep
