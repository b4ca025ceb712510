# SPDX-License-Identifier: MIT
"""packages.py MICROPYTHON MPY_CROSS TO
Downloads the packages of packages.txt, and compiles them into the directory TO. requests and mip come from
the sources of MicroPython.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

PACKAGES = pathlib.Path(__file__).with_name("packages.txt")
_BUNDLED = ("requests", "mip")
# Directories and files that a program on a board does not need.
_LEFT_OUT = {"setup.py", "sdist_upip.py", "asgi.py", "wsgi.py", "test_client.py", "jinja.py", "serial.py"}


def pinned():
    """The packages and their versions."""
    lines = PACKAGES.read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def download(name, version, to):
    """Download and unpack a package. Returns its directory."""
    command = [sys.executable, "-m", "unearth", "--download", str(to), f"{name}=={version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    archive = next(path for path in to.iterdir() if path.is_file())
    is_wheel = archive.suffix == ".whl"
    shutil.unpack_archive(archive, to / "package", "zip" if is_wheel else None)
    return to / "package" if is_wheel else next((to / "package").iterdir())


def compile_all(source, to, mpy_cross):
    """Compile the Python files of a directory into `to`, which gets the same subdirectories."""
    for file in sorted(source.rglob("*.py")):
        path = file.relative_to(source)
        exists = file.exists()  # umqtt.robust contains a broken symbolic link
        if exists and path.name not in _LEFT_OUT and "-info" not in str(path):
            compiled = (to / path).with_suffix(".mpy")
            compiled.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([mpy_cross, "-o", compiled, "-s", path, file], check=True)


def main(micropython, mpy_cross, to):
    to = pathlib.Path(to)
    shutil.rmtree(to, ignore_errors=True)
    for name, version in pinned().items():
        with tempfile.TemporaryDirectory() as directory:
            compile_all(download(name, version, pathlib.Path(directory)), to, mpy_cross)
    for name in _BUNDLED:
        source = next(pathlib.Path(micropython, "lib", "micropython-lib").glob(f"*/{name}/{name}"))
        compile_all(source, to / name, mpy_cross)


if __name__ == "__main__":
    main(*sys.argv[1:])
