# SPDX-License-Identifier: MIT
"""Reads the facts that a board reports. Renames the board's boot.py and main.py during the tests."""

import ast
import contextlib
import hashlib
import pathlib

from wire.hardware import attach

_FILES = ("boot.py", "main.py")
_FACTS = """
import os, sys
import autoip, network
kinds = [kind for kind in ("WLAN", "WIZNET5K", "LAN") if hasattr(network, kind)]
print((os.uname().machine, sys.platform, os.uname().version, autoip.__version__, kinds))
"""
# The address at which a port maps its flash.
_FLASH = {"rp2": 0x10000000, "qemu": 0}
_CHECKSUM = """
import hashlib, uctypes
sum = hashlib.sha256()
for start in range(0, {length}, 4096):
    sum.update(uctypes.bytearray_at({flash} + start, min(4096, {length} - start)))
print(sum.digest().hex())
"""
# If an earlier run was killed, the files are still renamed.
_KEEP = f"""
import os
for name in {_FILES}:
    if name in os.listdir() and name + ".kept" not in os.listdir():
        os.rename(name, name + ".kept")
    elif name in os.listdir():
        os.remove(name)
"""
_GIVE_BACK = f"""
import os
for name in {_FILES}:
    if name in os.listdir():
        os.remove(name)
    if name + ".kept" in os.listdir():
        os.rename(name + ".kept", name)
"""
_RESET = "import machine; machine.reset()"


class NoAutoip(Exception):
    """The firmware of the board does not contain autoip."""


class KeptFiles:
    """During the `with` block, the board has no boot.py and no main.py. At the end of the block, the files
    are restored and the board is reset.
    """

    def __init__(self, port):
        self._port = port

    def __enter__(self):
        ask(self._port, _KEEP)
        return self

    def __exit__(self, *exception):
        try:
            ask(self._port, _GIVE_BACK)
        except OSError:
            print(f"the board at {self._port} does not answer: its boot.py may still be named boot.py.kept")
            return
        repl = attach(self._port)
        with contextlib.suppress(OSError):
            repl.run(_RESET)
        repl.close()


def facts(port, image=None):
    """The facts that the board reports, and the checksum of the image. Compares the image with the flash."""
    try:
        machine, platform, version, autoip, kinds = ast.literal_eval(ask(port, _FACTS))
    except ConnectionError as error:
        raise NoAutoip(
            f"the firmware of the board at {port} does not contain autoip: run make flash ({error})"
        ) from None
    found = {
        "machine": machine,
        "platform": platform,
        "firmware": version,
        "autoip": autoip,
        "interface": kinds[0] if kinds else "none",
        "serial": _kind_of(str(pathlib.Path(port).resolve())),
    }
    if image:
        found |= _checksums(port, platform, pathlib.Path(image))
    return found


def _kind_of(port):
    if port.startswith("/dev/pts/"):
        return "pseudo-terminal"
    return "USB" if "ACM" in port else "UART"


def _checksums(port, platform, image):
    binary = image.with_suffix(".bin")
    found = {"image": image.name, "sha256": hashlib.sha256(image.read_bytes()).hexdigest()}
    if platform not in _FLASH or not binary.exists():
        return found | {"flash": "not compared, because the port does not map its flash"}
    content = binary.read_bytes()
    flashed = ask(port, _CHECKSUM.format(flash=_FLASH[platform], length=len(content))).strip()
    same = flashed == hashlib.sha256(content).hexdigest()
    return found | {"flash": "the board has this image" if same else "the board has another image"}


def ask(port, program):
    """Run a program on the board, and return its output."""
    repl = attach(port)
    try:
        return repl.ask(program)
    finally:
        repl.close()
