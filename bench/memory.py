# SPDX-License-Identifier: MIT
"""The sizes in an ELF file and in a linker map: bytes of program memory and of static RAM."""

import collections
import re
import subprocess

from board import folder
from elftools.elf.elffile import ELFFile

_FLASH = (".text", ".data")
_RAM = (".data", ".bss")

# " .text.name  0x00001234  0x56 /path/of/an/object.o"; after a long name, the linker breaks the line
_PLACED = re.compile(r"^ (\.\w+)\S*\s+0x(?!0+\s)[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", re.MULTILINE)


def totals(build):
    """(flash, static RAM) of a build, without the stack."""
    with open(folder(build) / "firmware.elf", "rb") as file:
        sizes = {section.name: section["sh_size"] for section in ELFFile(file).iter_sections()}
    return sum(sizes[name] for name in _FLASH), sum(sizes[name] for name in _RAM)


def by_object(build):
    """Returns two Counters, for flash and for static RAM: object file in the build -> bytes, without the
    padding between input sections.
    """
    flash, ram = collections.Counter(), collections.Counter()
    placed = (folder(build) / "firmware.map").read_text().partition("Linker script and memory map")[2]
    for section, size, path in _PLACED.findall(placed):
        name = path.removeprefix(f"{folder(build)}/")
        flash[name] += int(size, 16) * (section in (*_FLASH, ".rodata"))
        ram[name] += int(size, 16) * (section in _RAM)
    return flash, ram


def compiler_version():
    return subprocess.check_output(["arm-none-eabi-gcc", "-dumpfullversion"], text=True).strip()
