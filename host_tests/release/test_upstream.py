# SPDX-License-Identifier: MIT
"""release/upstream.sh installs the sources that a board of MicroPython is built from."""

import os
import subprocess
import tomllib

import pytest
from wire.board import ROOT

PLAN = tomllib.loads((ROOT / "release/boards.toml").read_text())
# A stand-in for a command. It writes its name and arguments to the log.
LOG = '#!/bin/sh\necho "$(basename "$0") $*" >>"$LOG"\n'
CLONE = """
for folder; do :; done
mkdir "$folder"
printf '#!/bin/sh\\necho install $* >>"$LOG"\\n' >"$folder/install.sh"
chmod +x "$folder/install.sh"
echo 'export IDF_PATH=$PWD/idf; : $UNSET' >"$folder/export.sh"
"""


@pytest.fixture
def upstream(tmp_path):
    """Runs upstream.sh for a board. Returns (exit code, its output, the commands that it called)."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, more in (("git", CLONE), ("make", "")):
        (tools / name).write_text(LOG + more)
        (tools / name).chmod(0o755)
    checkout = tmp_path / "micropython"
    for board in ("rp2/boards/RPI_PICO_W", "esp32/boards/ESP32_GENERIC"):
        (checkout / "ports" / board).mkdir(parents=True)
    log = tmp_path / "log"

    def run(board, directory=checkout):
        log.write_text("")
        done = subprocess.run(
            [ROOT / "release/upstream.sh", directory, board, "sh", "-c", "echo IDF_PATH=$IDF_PATH"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={"PATH": f"{tools}:{os.environ['PATH']}", "LOG": str(log)},
        )
        lines = log.read_text().replace(str(checkout), "CHECKOUT").splitlines()
        return done.returncode, done.stdout + done.stderr, lines

    return run


SUBMODULES = "make -C CHECKOUT/ports/{} BOARD={} submodules"


def test_a_board_that_needs_no_esp_idf_gets_its_submodules(upstream):
    assert upstream("RPI_PICO_W") == (0, "IDF_PATH=\n", [SUBMODULES.format("rp2", "RPI_PICO_W")])


def test_an_esp32_gets_the_esp_idf_of_the_plan_once(upstream):
    clone = f"git clone --quiet --depth 1 --branch {PLAN['esp_idf']} --recursive --shallow-submodules "
    clone += "https://github.com/espressif/esp-idf CHECKOUT/esp-idf"
    submodules = SUBMODULES.format("esp32", "ESP32_GENERIC")
    printed = f"IDF_PATH={ROOT}/idf\n"
    assert upstream("ESP32_GENERIC") == (0, printed, [clone, "install esp32,esp32c3,esp32s3", submodules])
    assert upstream("ESP32_GENERIC") == (0, printed, [submodules])


def test_a_missing_checkout_is_reported(upstream, tmp_path):
    code, printed, _ = upstream("RPI_PICO_W", tmp_path)
    assert code == 1 and printed == f"MICROPY_DIR={tmp_path} is not a checkout of MicroPython\n"


def test_an_unknown_board_is_reported(upstream, tmp_path):
    code, printed, _ = upstream("NONE")
    assert code == 1 and printed == f"BOARD=NONE: no such board in {tmp_path}/micropython\n"
