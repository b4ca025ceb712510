# SPDX-License-Identifier: MIT
"""Tests for the Pico W only: a radio with two interfaces, and the example of a boot.py for it."""

import os
import pty
import subprocess
import tempfile
import tty

import pytest
from wire.board import BoardError
from wire.qemu import ROOT

from .board import EMULATOR, PicoBoard

pytestmark = pytest.mark.only("RPI_PICO_W", "it has a radio")

C = "169.254.20.20"
X = "169.254.7.9"
EXAMPLE = ROOT / "examples" / "boot_wlan.py"


def test_powered_off(bench):
    """After deinit() autoip must not call the driver, because this would power the chip up again."""
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
    """They have one MAC, and each has its own service."""
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
def serial_port():
    """The USB serial port of a board with its REPL, without a wire."""
    if not PicoBoard.FIRMWARE.exists() or os.environ.get("BOARD", "RPI_PICO_W") != "RPI_PICO_W":
        pytest.skip("not built: make test-board BOARD=RPI_PICO_W MICROPY_DIR=...")
    board, port = pty.openpty()
    tty.setraw(port)
    nothing, end = os.pipe()
    os.set_blocking(nothing, False)
    with tempfile.TemporaryFile() as clock:
        files = (nothing, nothing, clock.fileno())
        command = [
            *("node", EMULATOR / "emulator.mjs", "radio", EMULATOR / "bootrom.bin", PicoBoard.FIRMWARE),
            *("280000000001", *map(str, files)),
        ]
        process = subprocess.Popen(command, stdin=board, stdout=board, pass_fds=files)
    yield os.ttyname(port)
    process.kill()
    process.wait()
    for file in (board, port, nothing, end):
        os.close(file)


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
