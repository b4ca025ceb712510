# SPDX-License-Identifier: MIT
"""lwIP's memory pools and heap, read from the memory of a running board. The board must be idle."""

import contextlib
import struct

from elftools.elf.elffile import ELFFile

# Packet buffers, TCP segments and UDP sockets. A closed TCP connection stays in its pool for two minutes.
POOLS = ("PBUF", "PBUF_POOL", "TCP_SEG", "UDP_PCB")


_HEADER = struct.Struct("<HHB")  # struct mem of lwIP's mem.c: next, prev, used
_ALIGNMENT = 8  # MEM_ALIGNMENT of UNIX_TAP


class _Pool:
    """A pool: `list` points to its first free element, which starts with the pointer to the next one."""

    def __init__(self, table, name):
        (self.list,) = table.get_symbol_by_name(f"memp_tab_{name}")
        (self.memory,) = table.get_symbol_by_name(f"memp_memory_{name}_base")

    def free(self, board):
        word = self.list["st_size"]
        start = self.memory["st_value"]
        memory = board.memory(start, self.memory["st_size"])
        element = int.from_bytes(board.memory(self.list["st_value"], word), "little")
        free = 0
        while element:
            offset = element - board.load_address() - start
            if not 0 <= offset < len(memory):  # lwIP has just changed the list
                return None
            element = int.from_bytes(memory[offset : offset + word], "little")
            free += 1
        return free


@contextlib.contextmanager
def _symbols(board):
    with open(board.elf, "rb") as file:
        yield ELFFile(file).get_section_by_name(".symtab")


def free_elements(board):
    """The number of free elements, by the name of the pool."""
    with _symbols(board) as table:
        return {name: _Pool(table, name).free(board) for name in POOLS}


def heap_blocks(board):
    """The number of allocated blocks in the heap of a UNIX_TAP."""
    with _symbols(board) as table:
        (heap,) = table.get_symbol_by_name("ram_heap")
    memory = board.memory(heap["st_value"], heap["st_size"])
    start = -heap["st_value"] % _ALIGNMENT
    offset = in_use = 0
    while True:
        following, _, used = _HEADER.unpack_from(memory, start + offset)
        if following <= offset:  # the last header, which is not a block
            return in_use
        in_use += used
        offset = following
