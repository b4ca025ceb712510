# SPDX-License-Identifier: MIT
"""The make targets, as a user calls them. make reports in one line what is missing, before it starts."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from wire.board import ROOT

USER = 12345  # a uid that no user has
root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can drop capabilities and change the owner of files"
)
TARGETS = ["demo", "page", "test", "test-hardware"]
WITHOUT_TUN = 'mount -t tmpfs tmpfs /dev/net; exec "$@"'
READ_ONLY = 'mount -t tmpfs -o ro tmpfs "$0"; exec "$@"'
WITHOUT_IPV6 = 'mount -t tmpfs tmpfs /proc/sys/net; exec "$@"'


def make(*arguments, within=(), **options):
    """Run make. Returns (exit code, the lines that it prints)."""
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
    """Returns the line in which make says why it does nothing."""
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
    assert reason.startswith(f"the test network needs CAP_{capability.upper()}")
    assert reason.endswith("docker run --privileged")


@root
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("script", "lacks"), [(WITHOUT_TUN, "/dev/net/tun"), (WITHOUT_IPV6, "IPv6")])
def test_without_a_device(target, script, lacks):
    reason = refused(target, within=["unshare", "--mount", "sh", "-ec", script, "sh"])
    assert reason.startswith(f"the test network needs {lacks} (on a host: ")


def test_a_space_in_the_path(tmp_path):
    checkout = tmp_path / "a space"
    checkout.mkdir()
    (checkout / "Makefile").symlink_to(ROOT / "Makefile")
    code, (line,) = make("demo", cwd=checkout)
    assert code != 0 and f"make can't work in {checkout}, because the path contains a space" in line


def test_an_old_make():
    code, (line,) = make("demo", "MAKE_VERSION=4.1")
    assert code != 0 and line.endswith("autoip needs GNU make 4.2 or newer, and this is 4.1.  Stop.")


@root
def test_a_read_only_checkout(tmp_path):
    within = ["unshare", "--mount", "sh", "-ec", READ_ONLY, tmp_path]
    code, (line,) = make("demo", f"BUILD={tmp_path}/build", within=within)
    assert code != 0
    assert f"make can't write to {tmp_path}/build: move the checkout, or pass another directory" in line


def test_a_board_with_hardware_is_not_run(tmp_path):
    assert refused("run", "BOARD=RPI_PICO_W", f"BUILD={tmp_path}/build") == (
        "RPI_PICO_W is a real board: make flash BOARD=RPI_PICO_W."
        " make run starts one of: QEMU_MPS2 UNIX_TAP UNIX_TASK"
    )


@root
@pytest.mark.parametrize(
    ("target", "reason"),
    [("src/lwip", "no lists of Debian's sources from "), ("venv/.engine", "pip can't install ")],
)
def test_without_a_network(tmp_path, target, reason):
    build = tmp_path / "build"
    build.mkdir()
    code, lines = make(f"{build}/{target}", f"BUILD={build}", within=["unshare", "--net"], timeout=300)
    step, why, log, _ = lines
    assert code != 0
    assert step.endswith(" failed") and log.startswith("full log: ")
    assert why.startswith(reason) and "Is there a network?" in why


def test_packages_that_are_missing_without_sudo(fresh):
    (build, _), env = fresh
    reason = refused("build-packages", build, "SUDO=no-sudo", "BUILD_PACKAGES=hello", env=env)
    assert reason == "missing Debian packages: hello. Install them as root, or install no-sudo"


@root
def test_the_licence_check_in_a_checkout_of_another_user(tmp_path):
    """GitHub's container jobs run as root in a checkout of another user, which git refuses by default."""
    shutil.copytree(ROOT / "release", tmp_path / "release")
    for command in (["init", "--quiet"], ["add", "release"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    subprocess.run(["chown", "-R", str(USER), tmp_path], check=True)
    command = [sys.executable, "release/spdx.py", "check"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_make_demo_refuses_an_unsupported_board():
    assert refused("demo", "BOARD=RPI_PICO_W") == ("make demo needs one of these boards: UNIX_TAP QEMU_MPS2")


@pytest.mark.parametrize("target", ["watch", "find"])
def test_an_interface_has_to_be_named(target):
    code, (line,) = make(target)
    assert code != 0 and f"make {target} needs an interface, NIC=name: " in line


@pytest.fixture
def checkout(tmp_path):
    """A checkout of MicroPython without submodules. It has only the files that make reads for a Pico W."""
    checkout = tmp_path / "micropython"
    board = checkout / "ports" / "rp2" / "boards" / "RPI_PICO_W"
    board.mkdir(parents=True)
    (board / "mpconfigboard.cmake").write_text("set(MICROPY_PY_LWIP ON)\nset(MICROPY_PY_NETWORK_CYW43 ON)\n")
    (checkout / "py").mkdir()
    (checkout / "py" / "mpconfig.h").write_text("#define MICROPY_VERSION_MINOR 28\n")
    return checkout


@pytest.fixture
def fresh(tmp_path):
    """Options and environment for a machine that has make and python3, and can't install packages."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dpkg-query").write_text('#!/bin/sh\n[ "$4" != python3 ] || echo "install ok installed"\n')
    (tools / "dpkg-query").chmod(0o755)
    return [f"BUILD={tmp_path}/build", "SUDO=false"], {"PATH": f"{tools}:{os.environ['PATH']}"}


@pytest.mark.parametrize("target", ["firmware", "dist", "test-board"])
def test_missing_parts_of_a_checkout_are_reported_before_a_compiler_is_installed(checkout, fresh, target):
    options, env = fresh
    reason = refused(target, "BOARD=RPI_PICO_W", f"MICROPY_DIR={checkout}", *options, env=env)
    assert reason.startswith("BOARD=RPI_PICO_W: MICROPY_DIR lacks lib/pico-sdk/src, lib/lwip/src, ")
    assert reason.endswith(
        f"get them with: make upstream GOAL=firmware BOARD=RPI_PICO_W MICROPY_DIR={checkout}"
    )
    reason = refused(target, "BOARD=RPI_PICO_W", *options, env=env)
    assert reason.startswith("BOARD=RPI_PICO_W: set MICROPY_DIR to a checkout of MicroPython")


@pytest.mark.parametrize("target", ["firmware", "test-board"])
def test_missing_tools_for_an_esp32_are_reported_at_once(checkout, fresh, target):
    (checkout / "ports" / "esp32" / "boards" / "ESP32_GENERIC").mkdir(parents=True)
    options, env = fresh
    code, lines = make(target, "BOARD=ESP32_GENERIC", f"MICROPY_DIR={checkout}", *options, env=env)
    submodules, tools, _ = lines
    assert code != 0
    assert submodules.startswith("BOARD=ESP32_GENERIC: MICROPY_DIR lacks lib/berkeley-db-1.xx/btree, ")
    assert tools.startswith("BOARD=ESP32_GENERIC: no ESP-IDF is active, v5.3 to v5.5 fit; get it with: ")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 'no libSDL2-2.0.so.0' >&2; exit 127", " cannot start: no libSDL2-2.0.so.0; Espressif's QEMU "),
        ("echo 'virt  a machine'", " does not emulate the esp32; install Espressif's QEMU with: "),
    ],
)
def test_an_unsuitable_qemu(tmp_path, script, reason):
    qemu = tmp_path / "qemu"
    qemu.write_text(f"#!/bin/sh\n{script}\n")
    qemu.chmod(0o755)
    command = [ROOT / "host_tests/esp32/check-qemu.sh", "ESP32_GENERIC", "esp32", qemu]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(f"BOARD=ESP32_GENERIC: {qemu}{reason}") and done.stderr.count("\n") == 1


def test_a_missing_firmware_is_reported_before_tools_are_installed(checkout, fresh, tmp_path):
    options, env = fresh
    reason = refused("flash", "BOARD=RPI_PICO_W", f"MICROPY_DIR={checkout}", *options, env=env)
    assert reason == (
        f"{tmp_path}/build/RPI_PICO_W/firmware.uf2 does not exist: run make firmware BOARD=RPI_PICO_W first"
    )
    assert not (tmp_path / "build").exists()


@root
def test_files_that_root_creates_are_given_to_the_user(tmp_path):
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
def test_files_that_sudo_make_creates_are_given_to_the_user(tmp_path):
    ignored = shutil.ignore_patterns("build", ".git", "corpus", ".*", "__pycache__")
    checkout = shutil.copytree(ROOT, tmp_path / "autoip", ignore=ignored)
    (checkout / "build").mkdir()
    os.chown(checkout, USER, USER)
    sources = [f"{name}={tmp_path}" for name in ("LWIP_DIR", "MICROPY_DIR")]
    # hand-back.sh may have started these tests with HANDED_BACK=1.
    assert make("build/lwip", *sources, cwd=checkout, env={"HANDED_BACK": ""}) == (0, [])
    assert (checkout / "build" / "lwip").lstat().st_uid == USER


STEP = ROOT / "boards" / "step.sh"


def step(tmp_path, script, verbose=""):
    """Run a step of make. Returns (exit code, its output)."""
    command = [STEP, tmp_path / "log" / "step", "a step", "sh", "-c", script]
    done = subprocess.run(
        command,
        env=dict(os.environ, V=verbose),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_a_step_prints_one_line(tmp_path):
    assert step(tmp_path, "echo much") == (0, "a step ... 0 s\n")
    assert (tmp_path / "log" / "step").read_text() == "much\n"


def test_a_step_that_fails_shows_the_reason(tmp_path):
    code, printed = step(tmp_path, "echo why; exit 7")
    assert code == 7
    assert printed == f"a step ... failed\nwhy\nfull log: {tmp_path}/log/step\n"


def test_a_step_that_knows_its_reason_prints_only_the_reason(tmp_path):
    _, printed = step(tmp_path, "echo much; echo 'error: no network'; exit 7")
    assert printed == f"a step ... failed\nno network\nfull log: {tmp_path}/log/step\n"


def test_a_long_step_shows_that_it_runs(tmp_path):
    code, printed = step(tmp_path, "sleep 11")
    assert code == 0 and re.match(r"a step \.\.\. 1\d s \.\.\. 1", printed)


def test_a_script_that_is_interrupted_prints_one_line(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import time\nprint('runs', flush=True)\ntime.sleep(60)\n")
    command = [sys.executable, ROOT / "host_tests" / "script.py", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "runs\n"
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "interrupted\n"


def test_a_step_shows_its_full_output_with_v_1(tmp_path):
    assert step(tmp_path, "echo much", verbose="1") == (0, "a step\nmuch\n")
