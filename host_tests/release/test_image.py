# SPDX-License-Identifier: MIT
"""The firmware contains its version, and two builds of the same commit have the same bytes."""

import hashlib
import os
import shutil
import subprocess

import pytest
from package import version
from wire.board import ROOT

FIRMWARE = "build/QEMU_MPS2/firmware.bin"
STAMP = ROOT / "boards/upstream/stamp.sh"
VERSION = "9.8.7"
COMMIT = 1_000_000_000  # 2001-09-09


def git(folder, *arguments):
    dated = {f"GIT_{who}_DATE": f"{COMMIT} +0000" for who in ("AUTHOR", "COMMITTER")}
    command = ["git", "-C", folder, "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | dated)
    return done.stdout.strip()


def commit(folder, tag=None):
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=A")
    if tag:
        git(folder, "tag", tag)


@pytest.fixture
def project(tmp_path):
    """A checkout of autoip that contains only its version."""
    folder = tmp_path / "autoip"
    (folder / "lib/autoip").mkdir(parents=True)
    (folder / "lib/autoip/__init__.py").write_text(f'__version__ = "{VERSION}"\n')
    return folder


@pytest.fixture
def micropython(tmp_path):
    """A source tree of MicroPython 1.27.3 that contains only its version."""
    folder = tmp_path / "micropython"
    (folder / "py").mkdir(parents=True)
    numbers = {"MAJOR": 1, "MINOR": 27, "MICRO": 3, "PRERELEASE": 0}
    lines = [f"#define MICROPY_VERSION_{name} {number}\n" for name, number in numbers.items()]
    (folder / "py/mpconfig.h").write_text("".join(lines))
    return folder


def stamp(project, micropython):
    environment = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(project.parent)}
    done = subprocess.run(
        [STAMP, micropython], cwd=project, check=True, capture_output=True, text=True, env=environment
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines())


def test_the_stamp_of_a_release(project, micropython):
    commit(project, f"v{VERSION}")
    commit(micropython, "v1.28.0")
    assert stamp(project, micropython) == {
        "MICROPY_GIT_TAG": f"v1.28.0+autoip.{VERSION}",
        "MICROPY_GIT_HASH": git(micropython, "rev-parse", "--short", "HEAD"),
        "SOURCE_DATE_EPOCH": str(COMMIT),
    }


def test_the_stamp_of_a_commit_after_a_release_has_its_hash(project, micropython):
    commit(project, f"v{VERSION}")
    (project / "more").touch()
    commit(project)
    hash = git(project, "rev-parse", "--short", "HEAD")
    assert stamp(project, micropython)["MICROPY_GIT_TAG"] == f"v1.27.3+autoip.{VERSION}.1.g{hash}"


def test_the_stamp_of_a_changed_checkout_is_marked(project, micropython):
    commit(project, f"v{VERSION}")
    commit(micropython, "v1.28.0")
    for folder, file in ((project, "lib/autoip/__init__.py"), (micropython, "py/mpconfig.h")):
        with open(folder / file, "a") as text:
            text.write("\n")
    assert stamp(project, micropython)["MICROPY_GIT_TAG"] == f"v1.28.0-dirty+autoip.{VERSION}.dirty"


def test_the_stamp_without_git_has_only_the_versions(project, micropython):
    assert stamp(project, micropython) == {"MICROPY_GIT_TAG": f"v1.27.3+autoip.{VERSION}"}


def test_the_stamp_of_a_preview_of_micropython_has_its_commit(project, micropython):
    commit(micropython, "v1.29.0-preview")
    (micropython / "more").touch()
    commit(micropython)
    hash = git(micropython, "rev-parse", "--short", "HEAD")
    assert stamp(project, micropython)["MICROPY_GIT_TAG"] == (f"v1.29.0-preview.1.g{hash}+autoip.{VERSION}")


def test_the_image_contains_the_version_of_autoip():
    assert f" with autoip {version()} on ".encode() in (ROOT / FIRMWARE).read_bytes()


def copy_project(folder):
    """Copy the files of the checkout as they are now, including changes that are not committed."""
    listed = subprocess.check_output(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in listed.split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


@pytest.mark.timeout(1800)
def test_another_directory_and_another_date_give_the_same_bytes(tmp_path):
    """One build is build/QEMU_MPS2. The other build is made from the same files, 400 days later."""
    copy_project(tmp_path)
    build = ROOT / "build"
    (tmp_path / "build").mkdir()
    command = [
        *("faketime", "-f", "+400d", "make", "firmware", "BOARD=QEMU_MPS2"),
        f"MPY_CROSS={build}/mpy-cross/mpy-cross",
        f"MICROPY_DIR={build}/src/micropython",
        f"LWIP_DIR={build}/src/lwip",
        f"MBEDTLS_DIR={build}/src/mbedtls",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=1700)
    first, second = (
        hashlib.sha256((folder / FIRMWARE).read_bytes()).hexdigest() for folder in (ROOT, tmp_path)
    )
    assert first == second
