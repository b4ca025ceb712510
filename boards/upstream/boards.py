#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MicroPython's own boards: the port of a board, whether autoip supports it, and the manifest of its build.

    boards.py list MICROPY_DIR                      prints the boards that autoip supports
    boards.py check MICROPY_DIR BOARD               if BOARD can't be built, prints why in one line and fails
    boards.py manifest MICROPY_DIR BOARD BUILD      writes BUILD/manifest.py, and BUILD/port for `make flash`

A board is a directory MICROPY_DIR/ports/PORT/boards/BOARD. Its settings are in mpconfigboard.{mk,cmake,h}.
"""

import argparse
import pathlib
import re
import shutil
import sys

FIRMWARE = pathlib.Path(__file__).resolve().parents[2] / "firmware"
TESTED = pathlib.Path(__file__).with_name("tested.txt")
GET = "git clone --branch v1.28.0 https://github.com/micropython/micropython"
OLDEST = 25  # the minor version of the oldest MicroPython 1.x that autoip supports

# The directories below lib/ that a checkout has only with the submodules of a port.
SUBMODULES = {
    "alif": ["alif_ensemble-cmsis-dfp/Device", "lwip/src", "mbedtls/library", "tinyusb/src"],
    "esp32": ["berkeley-db-1.xx/btree", "micropython-lib/micropython"],
    "mimxrt": ["nxp_driver/sdk", "lwip/src", "mbedtls/library", "tinyusb/src", "micropython-lib/micropython"],
    "rp2": ["pico-sdk/src", "lwip/src", "mbedtls/library", "tinyusb/src", "micropython-lib/micropython"],
    "stm32": ["stm32lib/CMSIS", "lwip/src", "mbedtls/library", "micropython-lib/micropython"],
}

# The class in `network`, and the setting of a board that has this class.
KINDS = {
    "LAN": r"MICROPY_HW_ETH_MDC|ENET(_1)?_PHY_ADDRESS",
    "WIZNET5K": "MICROPY_PY_NETWORK_WIZNET5K",
    "WLAN": "MICROPY_PY_NETWORK_CYW43",
}
KIND_SUBMODULES = {"LAN": [], "WIZNET5K": ["wiznet5k/Ethernet"], "WLAN": ["cyw43-driver/src"]}

# Ports that have a network, but that autoip does not support.
UNFIT = {
    "cc3200": "it uses the CC3200's own network stack, not lwIP",
    "esp8266": "its lwIP is a part of the SDK's binary, and cannot be hooked",
    "renesas-ra": "it calls lwIP from Python's scheduler, without a lock",
    "zephyr": "it uses Zephyr's own network stack, not lwIP",
}

# The form of a setting in each kind of file, and the form of an include line.
SETTING = {
    ".mk": r"^(\w+) *[?:]?= *(.*?) *$",
    ".cmake": r"^ *set\((\w+) +(.*?)\)$",
    ".h": r"^#define +(\w+) +(.*?) *$",
}
INCLUDE = r'^#?include[ ("]+([^)"\s]+)'


class Unfit(Exception):
    """The board can't be built with autoip. The message says why, and what to do."""


class Board:
    """A board of MicroPython: `folder` is its directory in `checkout`."""

    def __init__(self, checkout, folder):
        self.checkout = checkout
        self.name = folder.name
        self.port_dir = folder.parents[1]
        self.port = self.port_dir.name
        self._folder = folder
        self.settings = {}
        for file in ("mpconfigboard.mk", "mpconfigboard.cmake", "mpconfigboard.h"):
            self._read(folder / file)

    @property
    def kinds(self):
        """The classes in `network` whose interfaces the board has."""
        if self.port == "esp32":  # LAN: the chip's own Ethernet, or an Ethernet chip on SPI
            return ["LAN"] + ["WLAN"] * (self.settings.get("MICROPY_PY_NETWORK_WLAN") != "(0)")
        return [kind for kind, setting in KINDS.items() if re.search(setting, " ".join(self.settings))]

    @property
    def manifest(self):
        """The manifest that upstream's build of the board freezes."""
        chosen = self.settings.get("FROZEN_MANIFEST") or self.settings.get("MICROPY_FROZEN_MANIFEST")
        return self._path(chosen or "boards/manifest.py")

    def check(self):
        """Raises Unfit if autoip does not support the board."""
        if self.port in UNFIT:
            raise Unfit(f"port {self.port} is not supported: {UNFIT[self.port]}")
        if self.port not in SUBMODULES:
            raise Unfit(f"port {self.port} is not supported: it has no lwIP")
        if self.port != "esp32" and self.settings.get("MICROPY_PY_LWIP", "0") == "0":
            raise Unfit("it has no lwIP (MICROPY_PY_LWIP)")
        if not self.kinds:
            raise Unfit("it has no network")

    def check_submodules(self):
        """Raises Unfit if the checkout lacks submodules that the build needs."""
        needed = list(SUBMODULES[self.port])
        if self.port != "esp32":
            needed += [submodule for kind in self.kinds for submodule in KIND_SUBMODULES[kind]]
        missing = [f"lib/{each}" for each in needed if not (self.checkout / "lib" / each).is_dir()]
        if missing:
            # This needs the compiler, which `make upstream` installs, or an active ESP-IDF.
            get = f"make -C {self.port_dir} BOARD={self.name} submodules"
            if self.port != "esp32":
                get = f"make upstream GOAL=firmware BOARD={self.name} MICROPY_DIR={self.checkout}"
            raise Unfit(f"MICROPY_DIR lacks {', '.join(missing)}; get them with: {get}")

    def _read(self, file):
        """Read the settings of a file and of the files that it includes. If a setting has several values,
        the first value is used.
        """
        if not file.is_file():
            return
        text = re.sub(r" *(#|//) .*", "", file.read_text())
        for name, value in re.findall(SETTING[file.suffix], text, re.MULTILINE):
            self.settings.setdefault(name, value)
        for other in re.findall(INCLUDE, text, re.MULTILINE):
            self._read(self._path(other))

    def _path(self, text):
        """Returns the file that a path in the board's settings names. Such a path is relative to the port."""
        text = re.sub(r"\$[({](MICROPY_)?BOARD_DIR[)}]", str(self._folder), text)
        return self.port_dir / re.sub(r"\$[({](MICROPY_)?PORT_DIR[)}]", str(self.port_dir), text)


def boards(checkout):
    """All boards of MicroPython, by port and name."""
    folders = sorted(checkout.glob("ports/*/boards/*/"))
    return [Board(checkout, folder) for folder in folders if list(folder.glob("mpconfigboard.*"))]


def check_checkout(path):
    """The checkout at a path. Raises Unfit if there is no checkout that is recent enough."""
    if not path:
        raise Unfit(f"set MICROPY_DIR to a checkout of MicroPython, v1.25 to v1.29; get one with: {GET}")
    config = pathlib.Path(path) / "py" / "mpconfig.h"
    if not config.is_file():
        raise Unfit(f"no MicroPython in MICROPY_DIR={path}; get one with: {GET}")
    minor = int(re.search(r"^#define MICROPY_VERSION_MINOR (\d+)", config.read_text(), re.MULTILINE)[1])
    if minor < OLDEST:
        raise Unfit(f"MicroPython 1.{minor} in MICROPY_DIR is too old; get v1.25 to v1.29 with: {GET}")
    return pathlib.Path(path).resolve()


def find(checkout, name):
    """The board with this name. Raises Unfit if there is none."""
    for folder in checkout.glob(f"ports/*/boards/{name}"):
        return Board(checkout, folder)
    places = f"boards/{name} or MICROPY_DIR/ports/*/boards/{name}"
    raise Unfit(f"there is no directory {places}; `make boards` lists the boards that autoip supports")


def write_manifest(board, build):
    """Write the manifest for a build of the board into the directory of the build.

    make and cmake reuse the files in this directory, even if a build from another checkout wrote them. So if
    the manifest has changed, this function removes the directory first.
    """
    text = "".join(f'include("{file}")\n' for file in (board.manifest, FIRMWARE / "manifest.py"))
    manifest = build / "manifest.py"
    if manifest.exists() and manifest.read_text() == text:
        return
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    manifest.write_text(text)
    (build / "port").write_text(board.port + "\n")


def list_boards(checkout):
    tested = dict(line.split(maxsplit=1) for line in TESTED.read_text().splitlines() if line[:1] not in "#")
    for board in boards(checkout):
        try:
            board.check()
        except Unfit:
            continue
        print(f"{board.name:32}{board.port:8}{' '.join(board.kinds):16}{tested.get(board.name, '')}".rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["list", "check", "manifest"])
    parser.add_argument("checkout", metavar="MICROPY_DIR")
    parser.add_argument("board", nargs="?", metavar="BOARD")
    parser.add_argument("build", nargs="?", metavar="BUILD", type=pathlib.Path)
    options = parser.parse_args()
    try:
        checkout = check_checkout(options.checkout)
        if options.command == "list":
            list_boards(checkout)
            return
        board = find(checkout, options.board)
        board.check()
        board.check_submodules()
    except Unfit as reason:
        sys.exit(f"BOARD={options.board}: {reason}" if options.board else str(reason))
    if options.command == "manifest":
        write_manifest(board, options.build)


if __name__ == "__main__":
    main()
