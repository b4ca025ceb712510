# SPDX-License-Identifier: MIT
"""mpremote and an emulated board, as a user uses them: run, exec, fs cp, soft-reset, reset."""

import json
import time

import pytest

from .board import ROOT
from .frames import is_arp

pytestmark = pytest.mark.only("qemu", "UNIX_TAP is a program, and has no serial port")

EXAMPLES = ROOT / "examples"
X = "169.254.7.9"
RESETS = 20
SERVICE = "import autoip; service = autoip.get()"


@pytest.fixture
def board(bench):
    return bench.repl()


def test_exec(board):
    assert board.mpremote("exec", "import sys; print(sys.platform)") == "qemu"


def test_mip_install(board):
    """A checkout's package on the board comes before the frozen one in sys.path, and claims an address."""
    board.mpremote("mip", "install", "--target", "/mip", ROOT / "package.json")
    code = "import sys; sys.path.insert(0, '/mip'); import autoip; print(autoip.__file__, autoip.__version__)"
    version = json.loads((ROOT / "package.json").read_text())["version"]
    assert board.mpremote("exec", code).split() == ["/mip/autoip/__init__.py", version]
    start = "import network; nic = network.LAN(); nic.active(True); service = autoip.start(nic, delay=200)"
    assert board.mpremote("resume", "exec", f"{start}; print(service.wait(15000))").startswith("169.254.")


def test_mip_install_without_a_target(board):
    """mip installs into the lib directory of sys.path. The frozen package still comes first, as on rp2."""
    board.mpremote("mip", "install", ROOT / "package.json")
    code = "import os, autoip; print('acd.py' in os.listdir('/lib/autoip'), autoip.__file__)"
    assert board.mpremote("exec", code).split() == ["True", "autoip/__init__.py"]


def test_run_an_example_and_reset_softly(board, bench):
    """The service outlives its program, and ends with the soft reset."""
    host = bench.wire.add_host(f"{X}/16")
    output = board.mpremote("run", EXAMPLES / "claim.py").split()
    address = output[-1]
    assert output[:2] == ["bound", address]
    assert [f.arp.pdst for f in bench.capture.probes_of(board.mac)] == [address] * 3
    assert host.ping(address)
    assert board.mpremote("resume", "exec", "print(service.address)") == address

    board.mpremote("soft-reset")
    assert board.mpremote("resume", "exec", f"{SERVICE}; print(service)") == "None"
    assert host.gets_no_answer(address)

    assert board.mpremote("run", EXAMPLES / "claim.py").split()[-1] == address
    assert host.ping(address)


def test_boot_py(board, bench):
    """A boot.py that was copied to the board claims the same address after a soft reset and after a hard
    reset.
    """
    host = bench.wire.add_host(f"{X}/16")
    board.mpremote("fs", "cp", EXAMPLES / "boot.py", ":boot.py")
    assert board.mpremote("fs", "cat", ":boot.py") == (EXAMPLES / "boot.py").read_text().strip()
    board.mpremote("soft-reset")
    address = board.mpremote("resume", "exec", f"{SERVICE}; print(service.wait(50000))")
    assert host.ping(address)

    sent = time.time()
    board.mpremote("reset")
    probed = bench.capture.wait_for(is_arp("probe", board.mac), after=sent)
    again = bench.capture.wait_for(is_arp("announcement", board.mac), after=probed.time)
    assert again.arp.psrc == address
    assert host.ping(address)


def test_debug_in_boot_py_does_not_break_mpremote(board, bench):
    """Each mpremote call makes a soft reset. The board claims its address while mpremote uses its REPL."""
    boot = bench.capture.path.with_name("debug_boot.py")
    example = (EXAMPLES / "boot.py").read_text()
    boot.write_text(example.replace("start(nic)", "start(nic, debug=True, delay=20)"))
    board.mpremote("fs", "cp", boot, ":boot.py")
    for i in range(RESETS):
        assert board.mpremote("exec", f"print({i})") == str(i)
    log = board.mpremote("exec", f"{SERVICE}; service.wait(50000); print(*service.log(), sep=chr(10))")
    assert [eval(line)[1] for line in log.splitlines()][:5] == ["up", *["probe"] * 3, "announcement"]


def test_the_prompt_completes_public_names(board):
    """The prompt also shows the state of a service."""
    board.type("import autoip, network; nic = network.LAN(); nic.active(True)\r")
    board.type("svc = autoip.start(nic, delay=20)\r")
    board.type("svc.wait(50000)\r")
    board.until("'169.254.")
    board.type("svc\r")
    assert "<autoip e0 " in board.until("}>\r\n>>> ")
    board.type("autoip.\t")
    output = board.until(">>> autoip.").partition("autoip.")[2].partition(">>>")[0]
    # MicroPython lists names with an underscore if they come between other names.
    assert {name for name in output.split() if name[0] != "_"} == {"get", "mount", "start", "stop"}


def test_twenty_soft_resets(board, bench):
    """After each soft reset the board claims the address again, and as much heap is in use as before."""
    board.mpremote("fs", "cp", EXAMPLES / "boot.py", ":boot.py")
    look = f"{SERVICE}; import gc; gc.collect(); print(service.state, gc.mem_alloc())"
    output = board.mpremote("resume", *["soft-reset", "exec", look] * RESETS).splitlines()
    states = [line.split()[0] for line in output]
    heap = [int(line.split()[1]) for line in output]
    assert states == ["probing"] * RESETS
    assert max(heap) - min(heap) < 256, heap
    address = board.mpremote("resume", "exec", "print(service.wait(50000))")
    assert bench.wire.add_host(f"{X}/16").ping(address)
