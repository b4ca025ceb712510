# SPDX-License-Identifier: MIT
"""lwIP's memory pools, read from the memory of a running board."""

from elftools.elf.elffile import ELFFile

# Packet buffers, TCP segments and UDP sockets. A closed TCP connection stays in its pool for two minutes.
POOLS = ("PBUF", "PBUF_POOL", "TCP_SEG", "UDP_PCB")


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


def free_elements(board):
    """The number of free elements, by the name of the pool. Call this while the board is idle."""
    with open(board.elf, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return {name: _Pool(table, name).free(board) for name in POOLS}
