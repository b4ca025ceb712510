# SPDX-License-Identifier: MIT
"""Tests for the Pico W only: its two wireless interfaces, and the example examples/boot_wlan.py."""

import contextlib
import subprocess

import pytest
from wire.board import BoardError
from wire.namespace import Namespace
from wire.qemu import ROOT

from .board import PicoBoard
from .conftest import skip_unless_built
from .emulator import Emulator

pytestmark = pytest.mark.only("RPI_PICO_W", "it has a radio")

C = "169.254.20.20"
X = "169.254.7.9"
EXAMPLE = ROOT / "examples" / "boot_wlan.py"


def test_powered_off(bench):
    """After deinit(), autoip must not call the driver, because a call would power up the chip again."""
    board = bench.board()
    board.claim(delay=200, ip=C)
    board.run("nic.deinit()")
    assert board.expect("suspended")["address"] is None
    board.sleep(3)
    assert board.ask("svc.state") == "waiting"
    board.run("svc.stop()")
    with pytest.raises(BoardError, match="OSError"):
        board.start()


def test_station_and_access_point(bench):
    """The station and the access point have the same MAC. Each interface has its own service."""
    board = bench.board()
    board.run("ap = network.WLAN(network.WLAN.IF_AP); ap.active(True)")
    board.claim(delay=200, ip=C)
    board.run("other = autoip.start(ap, delay=1); other.wait(5000)")
    assert board.ask("(svc._link.name, other._link.name)") == ["w0", "w1"]
    assert board.ask("other.address") not in (None, C)
    assert board.ask("autoip.get(nic) is svc and autoip.get('w1') is other")
    assert board.ask("ap.ifconfig()[0]") == "192.168.4.1"


def test_the_example_as_boot_py(bench):
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.run(f"with open('boot.py', 'w') as file: file.write({EXAMPLE.read_text()!r})")
    board.soft_reset()
    board.run("svc = autoip.get(nic)")
    board.wait_until(lambda: board.address)
    board.wait_until(lambda: host.ping(board.address, count=2))


@pytest.fixture
def serial_port(tmp_path):
    """The path of a serial port with the REPL of an emulated board."""
    skip_unless_built("RPI_PICO_W")
    namespace = Namespace()
    arguments = "28:00:00:00:00:01", tmp_path / "emulator.err", PicoBoard.NETWORK, PicoBoard.FIRMWARE
    with contextlib.closing(namespace), contextlib.closing(Emulator(namespace, "tap0", *arguments)) as board:
        yield board.port


def test_deploy_does_not_overwrite_by_default(serial_port):
    def deploy(file, overwrite=""):
        mpremote = ROOT / "build/board-tools/bin/mpremote"
        command = [ROOT / "boards/upstream/deploy.sh", mpremote, serial_port, file, overwrite]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
        )
        return done.returncode, done.stdout

    code, printed = deploy(EXAMPLE)
    assert code == 0, printed
    code, printed = deploy(EXAMPLE)
    assert code != 0 and "OVERWRITE=1" in printed
    assert deploy(EXAMPLE, "1")[0] == 0
