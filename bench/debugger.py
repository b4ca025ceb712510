# SPDX-License-Identifier: MIT
"""Counts instructions by single-stepping, with the emulator's debugger port (GDB remote serial protocol)."""

import re
import socket
from typing import NamedTuple

from elftools.elf.elffile import ELFFile

_SP, _LR, _PC = 13, 14, 15


class Call(NamedTuple):
    """The cost of one function call, including the functions that the function calls."""

    instructions: int
    stack: int  # bytes


def address(elf, function):
    """The address of a function. Raises KeyError if the file has no such function."""
    with open(elf, "rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(function)
    if not symbols:
        raise KeyError(f"{elf} has no {function}()")
    return symbols[0]["st_value"] & ~1


class Debugger:
    """Until the end of the `with` block, the board is halted unless the debugger resumes it."""

    def __init__(self, path, timeout=30):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._socket.settimeout(timeout)
        self._received = b""
        # Wait until the emulator reports that it has halted the board.
        self._send("?")
        while not self._receive().startswith("T05"):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._ask("D")
        self._socket.close()

    def measure(self, function, cause):
        """Resume the board and call cause(), which makes the board call the function. Measure this call.

        function: the address of the function. During the function call, the board handles no interrupts and
        its clock stands still.
        """
        self._ask(f"Z1,{function:x},2")
        self._send("c")
        cause()
        self._receive()
        self._ask(f"z1,{function:x},2")
        before = registers = self._registers()
        assert before[_PC] == function
        instructions, lowest = 0, before[_SP]
        while registers[_PC] != before[_LR] & ~1 or registers[_SP] != before[_SP]:
            self._ask("s")
            registers = self._registers()
            instructions += 1
            lowest = min(lowest, registers[_SP])
        return Call(instructions, before[_SP] - lowest)

    def _registers(self):
        data = bytes.fromhex(self._ask("g")[: 16 * 8])
        return [int.from_bytes(data[i : i + 4], "little") for i in range(0, 64, 4)]

    def _ask(self, text):
        self._send(text)
        return self._receive()

    def _send(self, text):
        self._socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 0xFF))

    def _receive(self):
        while not (packet := re.search(rb"\$(.*?)#..", self._received)):
            self._received += self._socket.recv(4096)
        self._received = self._received[packet.end() :]
        self._socket.sendall(b"+")
        return packet[1].decode()
