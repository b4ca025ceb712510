# SPDX-License-Identifier: MIT
"""lwIP's heap, read from the memory of a running board."""

import struct

from elftools.elf.elffile import ELFFile

_HEADER = struct.Struct("<HHB")  # struct mem of lwIP's mem.c: next, prev, used
_ALIGNMENT = 8  # MEM_ALIGNMENT of UNIX_TAP


def blocks_in_use(board):
    """The number of allocated blocks. Call this while the board is idle."""
    with open(board.elf, "rb") as file:
        (heap,) = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name("ram_heap")
    memory = board.memory(heap["st_value"], heap["st_size"])
    start = -heap["st_value"] % _ALIGNMENT
    offset = in_use = 0
    while True:
        following, _, used = _HEADER.unpack_from(memory, start + offset)
        if following <= offset:  # the last header, which is no block
            return in_use
        in_use += used
        offset = following
