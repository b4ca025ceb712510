# SPDX-License-Identifier: MIT
"""make test-hardware runs with an emulated board in place of a real one. The board's USB port is the serial
port, and its TAP device is the network card.
"""

import contextlib

import pytest
from hardware.board import ask
from hardware.machine import CARD, MAC, Machine
from hardware.table import BadReport, table
from wire.waiting import wait_until

from .conftest import BOARDS, skip_unless_built
from .emulator import Emulator

TESTS = "probed_again_after_the_cable or (defended_once and T3) or time_from_a_reset"
ACCESS_POINT = {"RPI_PICO_W": {"SSID": "wire", "KEY": "password"}}
OWN_BOOT_PY = "print('my own boot.py')"
RUN_TIME = 3000  # s


@pytest.fixture(params=BOARDS)
def kind(request):
    skip_unless_built(request.param)
    return request.param


@pytest.fixture
def machine(tmp_path):
    with contextlib.closing(Machine(tmp_path)) as machine:
        yield machine


@pytest.fixture
def emulator(kind, machine):
    log = machine.folder / "emulator.err"
    board = BOARDS[kind]
    with contextlib.closing(
        Emulator(machine.namespace, CARD, MAC, log, board.NETWORK, board.FIRMWARE)
    ) as emulator:
        machine.set_up_card()
        yield emulator


def test_a_run_writes_a_report_and_restores_the_board(kind, machine, emulator):
    ask(emulator.port, f"with open('boot.py', 'w') as file: file.write({OWN_BOOT_PY!r})")
    before = machine.network()
    target = machine.start_target(
        *("-k", TESTS),
        BOARD=kind,
        PORT=emulator.port,
        IMAGE=str(BOARDS[kind].FIRMWARE),
        LINK_CMD=emulator.link_command(),
        **ACCESS_POINT.get(kind, {}),
    )
    assert target.wait(RUN_TIME) == 0, (machine.folder / "run.py.log").read_text()
    assert ask(emulator.port, "import os; print(os.listdir(), open('boot.py').read())").split("] ") == [
        "['boot.py'",
        OWN_BOOT_PY + "\r\n",
    ]
    wait_until(lambda: not machine.processes(), f"still running: {machine.processes()}")
    assert machine.network() == before
    report = machine.report()
    assert (report["board"], report["ended"]) == (kind, "complete")
    assert [result["outcome"] for result in report["results"].values()] == ["passed"] * 3
    (facts,) = report["boards"]
    assert (facts["platform"], facts["flash"]) == ("rp2", "the board has this image")
    with pytest.raises(BadReport, match="emulated board"):
        table(machine.folder)
