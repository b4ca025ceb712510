# SPDX-License-Identifier: MIT
"""`make deploy`, as a user calls it, writes boot.py to a board."""

import ast
import re
import subprocess

import pytest

from .board import ROOT

pytestmark = pytest.mark.only("qemu", "UNIX_TAP is a program, and has no serial port")

ETHERNET = (ROOT / "examples" / "boot.py").read_text().strip()
# QEMU_MPS2 has no Wi-Fi. This boot.py simulates network.WLAN.
WIFI = """
import sys
class network:
    WLAN = None
sys.modules["network"] = network
"""
# Likewise for a WIZnet chip.
WIZNET = WIFI.replace("WLAN", "WIZNET5K")
WIFIS = [("my network", "its password"), ('Anne\'s "5 GHz"', "$HOME \\n `id` 'é' #"), ("open", "")]


@pytest.fixture
def board(bench):
    return bench.repl()


def deploy(board, *options):
    """The exit code and the printed lines of make deploy."""
    tools = ROOT / "build" / "venv"  # mpremote is there, too
    make = ["make", "-s", "-o", tools / ".ready", "deploy", "BOARD=RPI_PICO_W", f"BOARD_TOOLS={tools}"]
    done = subprocess.run([*make, f"PORT={board.port}", *options], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def boot_py(board):
    return board.mpremote("fs", "cat", ":boot.py")


def test_deploy_without_wifi_keeps_an_existing_file(board):
    code, printed = deploy(board)
    assert code == 0, printed
    assert boot_py(board) == ETHERNET
    code, printed = deploy(board, f"BOOT_PY={ROOT}/examples/claim.py")
    assert code != 0 and "OVERWRITE=1 replaces it" in printed
    assert boot_py(board) == ETHERNET


def test_with_a_wiznet_chip(board, tmp_path):
    wiznet = tmp_path / "wiznet.py"
    wiznet.write_text(WIZNET)
    board.mpremote("fs", "cp", wiznet, ":boot.py")
    code, printed = deploy(board, "OVERWRITE=1")
    assert code == 0, printed
    assert boot_py(board) == (ROOT / "examples" / "boot_wiznet5k.py").read_text().strip()


def test_wifi_needs_ssid_and_key_and_they_may_have_any_characters(board, tmp_path):
    wifi = tmp_path / "wifi.py"
    wifi.write_text(WIFI)
    board.mpremote("fs", "cp", wifi, ":boot.py")
    for options in ((), ("SSID=home",), ("KEY=secret",)):
        code, printed = deploy(board, "OVERWRITE=1", *options)
        assert code != 0 and "which Wi-Fi? SSID=" in printed
    assert boot_py(board) == WIFI.strip()
    for ssid, key in WIFIS:
        board.mpremote("fs", "cp", wifi, ":boot.py")
        code, printed = deploy(board, "OVERWRITE=1", f"SSID={ssid}", f"KEY={key}")
        assert code == 0, printed
        (connect,) = re.findall(r"nic\.connect(\(.*\))", boot_py(board))
        assert ast.literal_eval(connect) == (ssid, key)
