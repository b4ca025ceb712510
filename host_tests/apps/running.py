# SPDX-License-Identifier: MIT
"""A program that runs in the foreground of a board, as main.py would."""

import base64
import pathlib

from wire.board import ROOT

LIBRARY = ROOT / "build" / "apps" / "lib"
_HERE = pathlib.Path(__file__).parent
_ON_BOARD = (_HERE / "on_board.py").read_text()
_CHUNK = 1500  # bytes of a file that one line to the board contains


class Running:
    """The program runs from start() to stop(). name: its NAME. peer: the address of its server."""

    def __init__(self, board, program, name, peer):
        self.board = board
        self._program = program
        self._settings = {"NAME": name, "PEER": peer, "DIRECTORY": f"{board.path('files')}-of-program"}

    def start(self):
        self.board.run(_ON_BOARD)
        install(self.board, self._program.PACKAGES)
        settings = "; ".join(f"{name} = {value!r}" for name, value in self._settings.items())
        self.board.run(settings)
        self.board.run((_HERE / "programs" / self._program.SOURCE).read_text())
        self.board.run("foreground(main)")

    def stop(self):
        self.board.interrupt()
        self.board.expect("ended")


def install(board, packages):
    """Copy packages to the board. UNIX_TAP imports them from a directory of the host instead."""
    if board.ask("sys.platform") == "linux":
        board.run(f"sys.path.insert(0, {str(LIBRARY)!r})")
        return
    for name in packages:
        path = LIBRARY / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.mpy")):
            _write(board, file)


def _write(board, file):
    path = f"/lib/{file.relative_to(LIBRARY)}"
    board.run(f"path = {path!r}\n" + _OPEN)
    data = file.read_bytes()
    for start in range(0, len(data), _CHUNK):
        chunk = base64.b64encode(data[start : start + _CHUNK])
        board.run(f"file.write(binascii.a2b_base64({chunk}))")
    board.run("file.close()")


_OPEN = """
import binascii, os
for end in range(1, len(path)):
    if path[end] == "/":
        try:
            os.mkdir(path[:end])
        except OSError:
            pass  # the directory exists
file = open(path, "wb")
"""
