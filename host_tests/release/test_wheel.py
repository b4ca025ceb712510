# SPDX-License-Identifier: MIT
"""`pip install` of the project's wheel installs the viewer, and nothing else."""

import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes

import pytest
from package import version
from scapy.utils import PcapWriter
from wire.board import ROOT
from wire.frames import probe

MAC = "28:cd:c1:00:00:01"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", folder, ROOT], check=True, timeout=300)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def python(wheel):
    """The Python of a new environment. It has the wheel and the libraries of this environment, but no
    checkout.
    """
    folder = wheel.parent / "environment"
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin/python"


def run(python, *arguments):
    command = [python, "-P", *arguments]
    return subprocess.run(command, cwd=python.parent, capture_output=True, text=True, timeout=300)


def test_the_wheel_has_the_viewer_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        roots = {name.partition("/")[0] for name in file.namelist()}
        files = [name for name in file.namelist() if name.startswith("autoip_view/")]
    assert wheel.name == f"autoip_view-{version()}-py3-none-any.whl"
    assert roots == {"autoip_view", f"autoip_view-{version()}.dist-info"}
    assert all(name.endswith(".py") for name in files)


def test_the_wheel_has_its_name_and_its_requirements(wheel):
    with zipfile.ZipFile(wheel) as file:
        metadata = message_from_bytes(file.read(f"autoip_view-{version()}.dist-info/METADATA"))
    assert metadata["Name"] == "autoip-view" and "simulator" not in metadata["Summary"]
    needed = {line.split(";")[0] for line in metadata.get_all("Requires-Dist") if "extra ==" not in line}
    for library in ("matplotlib", "rich", "scapy"):
        assert any(line.startswith(library) for line in needed)


def test_the_viewer_runs_from_the_wheel(python, tmp_path):
    capture, picture = tmp_path / "a.pcap", tmp_path / "a.svg"
    with PcapWriter(str(capture)) as writer:
        writer.write(probe("169.254.7.9", MAC))
    done = run(python, "-m", "autoip_view", str(capture), "--svg", str(picture))
    assert done.returncode == 0, done.stderr
    assert "169.254.7.9" in done.stdout and picture.read_text().startswith("<?xml")


def test_the_engine_is_not_in_the_wheel(python):
    done = run(python, "-c", "import autoip")
    assert "ModuleNotFoundError: No module named 'autoip'" in done.stderr
