# SPDX-License-Identifier: MIT
"""The make targets as their user calls them: what is missing is told in a line, before anything is done."""

import os
import shutil
import subprocess

import pytest
from wire.board import ROOT

USER = 12345  # a uid that nobody has
root = pytest.mark.skipif(
    os.geteuid() != 0, reason="it takes root's capabilities away, or files to another user"
)
TARGETS = ["demo", "page", "test"]
WITHOUT_TUN = 'mount -t tmpfs tmpfs /dev/net; exec "$@"'
WITHOUT_IPV6 = 'mount -t tmpfs tmpfs /proc/sys/net; exec "$@"'


def make(*arguments, within=(), **options):
    """(exit code, the lines that are printed) of make."""
    options = {"cwd": ROOT, "timeout": 60, **options}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    done = subprocess.run(
        [*within, "make", *map(str, arguments)],
        env=environment | options.pop("env", {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )
    return done.returncode, done.stdout.splitlines()


def refused(*arguments, **options):
    """The line in which make says why it does nothing."""
    code, lines = make(*arguments, **options)
    assert code != 0
    reason, failed = lines
    assert failed.startswith("make: ***")
    return reason


@root
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("capability", ["net_admin", "sys_admin"])
def test_without_a_capability(target, capability):
    reason = refused(target, within=["setpriv", f"--bounding-set=-{capability}"])
    assert reason.startswith(f"the test wire lacks CAP_{capability.upper()}")
    assert reason.endswith("docker run --privileged")


@root
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("script", "lacks"), [(WITHOUT_TUN, "/dev/net/tun"), (WITHOUT_IPV6, "IPv6")])
def test_without_a_device(target, script, lacks):
    reason = refused(target, within=["unshare", "--mount", "sh", "-ec", script, "sh"])
    assert reason.startswith(f"the test wire lacks {lacks} (on a host: ")


def test_a_blank_in_the_path(tmp_path):
    checkout = tmp_path / "a blank"
    checkout.mkdir()
    (checkout / "Makefile").symlink_to(ROOT / "Makefile")
    code, (line,) = make("demo", cwd=checkout)
    assert code != 0 and f"there is a blank in {checkout}" in line


def test_a_demonstration_of_another_board():
    assert refused("demo", "BOARD=RPI_PICO_W") == (
        "no demonstration with BOARD=RPI_PICO_W, but with: UNIX_TAP QEMU_MPS2"
    )


@pytest.fixture
def checkout(tmp_path):
    """What a checkout of MicroPython without submodules has of a Pico W."""
    checkout = tmp_path / "micropython"
    board = checkout / "ports" / "rp2" / "boards" / "RPI_PICO_W"
    board.mkdir(parents=True)
    (board / "mpconfigboard.cmake").write_text("set(MICROPY_PY_LWIP ON)\nset(MICROPY_PY_NETWORK_CYW43 ON)\n")
    (checkout / "py").mkdir()
    (checkout / "py" / "mpconfig.h").write_text("#define MICROPY_VERSION_MINOR 28\n")
    return checkout


@pytest.fixture
def fresh(tmp_path):
    """Options and environment of a machine with make and python3, on which nothing can be installed."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dpkg-query").write_text('#!/bin/sh\n[ "$4" != python3 ] || echo "install ok installed"\n')
    (tools / "dpkg-query").chmod(0o755)
    return [f"BUILD={tmp_path}/build", "SUDO=false"], {"PATH": f"{tools}:{os.environ['PATH']}"}


@pytest.mark.parametrize("target", ["firmware", "dist"])
def test_what_a_checkout_lacks_is_told_before_a_compiler_is_installed(checkout, fresh, target):
    options, env = fresh
    reason = refused(target, "BOARD=RPI_PICO_W", f"MICROPY_DIR={checkout}", *options, env=env)
    assert reason.startswith("BOARD=RPI_PICO_W: MICROPY_DIR lacks lib/pico-sdk/src, lib/lwip/src, ")
    assert "lib/cyw43-driver/src; get them by: make -C " in reason
    reason = refused(target, "BOARD=RPI_PICO_W", *options, env=env)
    assert reason.startswith("BOARD=RPI_PICO_W: set MICROPY_DIR to a checkout of MicroPython")


def test_what_an_esp32_lacks_is_told_at_once(checkout, fresh):
    (checkout / "ports" / "esp32" / "boards" / "ESP32_GENERIC").mkdir(parents=True)
    options, env = fresh
    code, lines = make("firmware", "BOARD=ESP32_GENERIC", f"MICROPY_DIR={checkout}", *options, env=env)
    submodules, tools, _ = lines
    assert code != 0
    assert submodules.startswith("BOARD=ESP32_GENERIC: MICROPY_DIR lacks lib/berkeley-db-1.xx/btree, ")
    assert tools.startswith("BOARD=ESP32_GENERIC: no ESP-IDF is active, v5.3 to v5.5 fit; get it by: ")


def test_a_firmware_that_was_not_built_is_told_before_tools_are_installed(checkout, fresh, tmp_path):
    options, env = fresh
    reason = refused("flash", "BOARD=RPI_PICO_W", f"MICROPY_DIR={checkout}", *options, env=env)
    assert reason == (
        f"{tmp_path}/build/RPI_PICO_W/firmware.uf2 is not there: make firmware BOARD=RPI_PICO_W first"
    )
    assert not (tmp_path / "build").exists()


@root
def test_what_root_leaves_belongs_to_the_user(tmp_path):
    (tmp_path / "build").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "build" / "link").symlink_to("../elsewhere")
    os.chown(tmp_path, USER, USER)
    script = "mkdir -p build/captures; touch build/captures/a.pcap; exit 3"
    done = subprocess.run([ROOT / "host_tests" / "hand-back.sh", "sh", "-c", script], cwd=tmp_path)
    assert done.returncode == 3
    owners = {path: path.lstat().st_uid for path in [tmp_path / "build", *tmp_path.glob("build/**/*")]}
    assert len(owners) == 4 and set(owners.values()) == {USER}, owners
    assert (tmp_path / "elsewhere").stat().st_uid == 0


@root
def test_what_sudo_make_leaves_belongs_to_the_user(tmp_path):
    ignored = shutil.ignore_patterns("build", ".git", "corpus", ".*", "__pycache__")
    checkout = shutil.copytree(ROOT, tmp_path / "autoip", ignore=ignored)
    (checkout / "build").mkdir()
    os.chown(checkout, USER, USER)
    sources = [f"{name}={tmp_path}" for name in ("LWIP_DIR", "MICROPY_DIR")]
    # These tests may run by hand-back.sh themselves.
    assert make("build/lwip", *sources, cwd=checkout, env={"HANDED_BACK": ""}) == (0, [])
    assert (checkout / "build" / "lwip").lstat().st_uid == USER


STEP = ROOT / "boards" / "step.sh"


def step(tmp_path, script, verbose=""):
    """(exit code, what is printed) of a step of make."""
    command = [STEP, tmp_path / "log" / "step", "a step", "sh", "-c", script]
    done = subprocess.run(
        command,
        env=dict(os.environ, V=verbose),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_a_step_is_a_line(tmp_path):
    assert step(tmp_path, "echo much") == (0, "a step ... 0 s\n")
    assert (tmp_path / "log" / "step").read_text() == "much\n"


def test_a_step_that_fails_shows_why(tmp_path):
    code, printed = step(tmp_path, "echo why; exit 7")
    assert code == 7
    assert printed == f"a step ... failed\nwhy\nall that was printed: {tmp_path}/log/step\n"


def test_a_step_shows_all_if_it_is_asked_to(tmp_path):
    assert step(tmp_path, "echo much", verbose="1") == (0, "a step\nmuch\n")
