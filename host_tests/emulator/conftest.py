# SPDX-License-Identifier: MIT
"""Fixtures of the emulated boards: a `bench` with a wire, its capture and a board.

A test that has a `bench` runs once with each board. With the marker `only("RPI_PICO_W", "why")`, the test
runs with this board only. BOARD in the environment selects one board. The tests of a board are skipped if
its firmware has not been built.
"""

import os

import pytest
from wire.bench import Bench

from .board import PicoBoard, WiznetBoard
from .emulator import EMULATOR

BOARDS = {"RPI_PICO_W": PicoBoard, "W5500_EVB_PICO": WiznetBoard}


class EmulatorBench(Bench):
    @property
    def kind(self):
        return self._kind

    def board(self, **options):
        board = BOARDS[self._kind](self.wire, self._log(f"board{len(self.boards)}"), **options)
        self.boards.append(board)
        return board

    def wait_for(self, predicate, timeout=10, after=0):
        """Wait for a frame later than `after` for which the predicate is true, and return the first.

        The clock of the first board measures the timeout.
        """
        found = []

        def is_there():
            found[:] = self.capture.select(predicate, after)
            return found

        self.boards[0].wait_until(is_there, timeout, f"no such frame, see {self.capture.path}")
        return found[0]


def pytest_generate_tests(metafunc):
    if "bench" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        metafunc.parametrize("bench", [only.args[0]] if only else list(BOARDS), indirect=True)


def pytest_collection_modifyitems(items):
    for item in items:
        # In s of the host's clock. It is long, because the board's clock may be much slower.
        item.add_marker(pytest.mark.timeout(3600))


def skip_unless_built(kind):
    """Skip the test if the environment selects another board, or if the board can't run."""
    if os.environ.get("BOARD", kind) != kind:
        pytest.skip(f"BOARD={os.environ['BOARD']}")
    if not (BOARDS[kind].FIRMWARE.exists() and (EMULATOR / "bootrom.bin").exists()):
        pytest.skip(f"not built: make test-board BOARD={kind} MICROPY_DIR=...")
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")


@pytest.fixture
def bench(request):
    kind = request.param
    skip_unless_built(kind)
    bench = EmulatorBench(request.node.name.replace("/", "_"), kind)
    yield bench
    bench.close()
