# SPDX-License-Identifier: MIT
"""make test-hardware runs with a QEMU_MPS2 in place of a real board. In some tests,
the board, its serial port or the network card fails during the run.

After each run, the network of the machine must be the same as before.
"""

import os
import signal
import socket
import zipfile

import pytest
from wire.waiting import wait_until

from hardware.board import ask
from hardware.lab import Refusal, check_radio
from hardware.machine import CARD, MAC, Machine, is_built

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(not is_built(), reason="not built: make firmware BOARD=QEMU_MPS2"),
]

OWN_BOOT_PY = "print('my own boot.py')"
SOME = "defended_once_then_given_up or connections_survive_a_flap or time_from_a_reset"
ONE = "defended_once_then_given_up and (T3 or T8)"
PAIR = "two_boards_with_the_same_first_candidate_get_two_addresses"
IN_TEST = "test_defended_once_then_given_up*-board0.log"
RUN_TIME = 300  # s


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.add_board(tmp_path, CARD, MAC)
    machine.set_up_card()
    yield machine
    machine.close()


@pytest.fixture
def unchanged(machine):
    """Checks at the end that no process is left, and that the network is the same as before."""
    before = machine.network()
    yield
    wait_until(lambda: not machine.processes(), f"still running: {machine.processes()}")
    assert machine.network() == before


def in_the_middle(machine, target):
    """Wait until a board has an address in the first test. AssertionError if the run ends before that."""

    def has_address():
        assert target.poll() is None, (machine.folder / "run.py.log").read_text()
        return any("bound" in log.read_text() for log in machine.folder.glob(f"captures/{IN_TEST}"))

    wait_until(has_address, "no board has an address yet", RUN_TIME)


def on_board(machine, program):
    return ask(f"{machine.folder}/tty", program)


def test_a_run_writes_a_report_and_restores_the_board(machine, unchanged):
    on_board(machine, f"with open('boot.py', 'w') as file: file.write({OWN_BOOT_PY!r})")
    target = machine.start_target("-k", SOME)
    assert target.wait(RUN_TIME) == 0, (machine.folder / "run.py.log").read_text()
    assert on_board(machine, "import os; print(os.listdir(), open('boot.py').read())").split("] ") == [
        "['boot.py'",
        OWN_BOOT_PY + "\r\n",
    ]
    report = machine.report()
    outcomes = [result["outcome"] for result in report["results"].values()]
    assert report["ended"] == "complete" and set(outcomes) == {"passed"} and len(outcomes) >= 7
    assert report["boards"][0]["flash"] == "the board has this image"
    assert 0 < report["figures"]["seconds from the reset to the page by name"] < 60
    text = next(machine.folder.glob("*.md")).read_text() + next(machine.folder.glob("*.json")).read_text()
    for private in (MAC, socket.gethostname(), str(machine.folder)):
        assert private not in text
    with zipfile.ZipFile(next(machine.folder.glob("*.zip"))) as captures:
        contents = [captures.read(name) for name in captures.namelist()]
    assert len(contents) == len(outcomes)
    assert not any(bytes.fromhex(MAC.replace(":", "")) in content for content in contents)


def test_ctrl_c_ends_a_run_with_a_report(machine, unchanged):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    os.killpg(target.pid, signal.SIGINT)
    assert target.wait(RUN_TIME) == 1
    assert machine.report()["ended"] == "interrupted"


def test_after_a_run_is_killed_the_card_is_returned(machine, unchanged):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    target.kill()
    target.wait()
    wait_until(lambda: CARD in machine.namespace.run("ip", "link"), "the card has not come back")


def test_an_unplugged_port_ends_the_run(machine, unchanged):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    machine.cause("unplug")
    assert target.wait(RUN_TIME) == 1
    report = machine.report()
    first = next(iter(report["results"].values()))
    assert first["outcome"] == "failed" and "the board is gone" in first["reason"]
    assert "does not answer" in report["ended"]


def test_a_port_that_is_plugged_in_again_fails_one_test(machine, unchanged):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    machine.cause("unplug")
    machine.cause("plug")
    assert target.wait(RUN_TIME) == 1
    outcomes = [result["outcome"] for result in machine.report()["results"].values()]
    assert outcomes == ["failed"] + ["passed"] * (len(outcomes) - 1)


@pytest.mark.parametrize("event", ["reset", "reset while printing"])
def test_a_reset_of_the_board_fails_one_test(machine, unchanged, event):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    machine.cause(event)
    assert target.wait(RUN_TIME) == 1
    results = list(machine.report()["results"].values())
    assert "the board has reset itself" in results[0]["reason"] and results[0]["log"]
    assert [result["outcome"] for result in results[1:]] == ["passed"] * (len(results) - 1)


def test_garbage_on_the_port_fails_at_most_one_test(machine, unchanged):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    machine.cause("garbage")
    target.wait(RUN_TIME)
    report = machine.report()
    # The first test may have passed or failed, because its output may be lost in the garbage.
    outcomes = [result["outcome"] for result in report["results"].values()]
    assert report["ended"] == "complete"
    assert outcomes[1:] == ["passed"] * (len(outcomes) - 1)


def test_an_unplugged_card_ends_the_run(machine):
    target = machine.start_target("-k", ONE)
    in_the_middle(machine, target)
    machine.cause("remove card")
    assert target.wait(RUN_TIME) == 1
    assert machine.report()["ended"] == "the network card has been unplugged"
    wait_until(lambda: not machine.processes(), f"still running: {machine.processes()}")
    assert CARD not in machine.namespace.run("ip", "link")


def test_a_run_with_two_boards_on_a_switch(machine, tmp_path):
    folder = tmp_path / "second"
    folder.mkdir()
    machine.add_board(folder, "usb1", "28:cd:c1:00:00:43")
    machine.add_switch("lan0", CARD, "usb1")
    before = machine.network()
    target = machine.start_target("-k", PAIR, PORT=f"{tmp_path}/tty {folder}/tty", NIC="lan0")
    assert target.wait(RUN_TIME) == 0, (machine.folder / "run.py.log").read_text()
    assert [result["outcome"] for result in machine.report()["results"].values()] == ["passed"]
    assert machine.network() == before


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"NIC": ""}, "which network card is the board connected to?"),
        ({"NIC": "none0"}, "there is no network card none0"),
        ({"PORT": ""}, "which serial port is the board on?"),
        ({"PORT": "/dev/none0"}, "there is no serial port /dev/none0"),
    ],
)
def test_a_missing_variable_or_device_is_reported_in_one_line(machine, unchanged, settings, reason):
    assert machine.start_target(**settings).wait(RUN_TIME) == 1
    (line,) = (machine.folder / "run.py.log").read_text().splitlines()
    assert line.startswith(reason)


def test_the_card_with_the_default_route_is_refused_unless_forced(machine):
    machine.namespace.run("ip", "route", "add", "default", "via", "10.9.8.1")
    before = machine.network()
    assert machine.start_target().wait(RUN_TIME) == 1
    (line,) = (machine.folder / "run.py.log").read_text().splitlines()
    assert line.startswith(f"{CARD} has the default route")
    assert machine.start_target("-k", "T3 and defended_once_then_given_up", FORCE="1").wait(RUN_TIME) == 0
    assert machine.network() == before


RADIO = "Wiphy phy0\n\tSupported interface modes:\n\t\t * managed\n{more}\t\t * monitor\n\tBand 1:\n"


def test_a_radio_that_cannot_be_an_access_point_is_refused():
    check_radio("wlan0", RADIO.format(more="\t\t * AP\n"))
    with pytest.raises(Refusal, match="wlan0 can't be an access point"):
        check_radio("wlan0", RADIO.format(more="\t\t * AP/VLAN\n"))
