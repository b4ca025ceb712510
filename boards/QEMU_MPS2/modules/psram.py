# SPDX-License-Identifier: MIT
"""The machine's PSRAM as a block device. Its contents survive resets, but not the end of the emulator."""

from micropython import const
from uctypes import bytearray_at

_START = const(0x21000000)
_BLOCK_SIZE = const(512)
_BLOCKS = const(512)
_GET_BLOCKS = const(4)
_GET_BLOCK_SIZE = const(5)


class Psram:
    def __init__(self):
        self.bytes = memoryview(bytearray_at(_START, _BLOCK_SIZE * _BLOCKS))

    def readblocks(self, block, buffer, offset=0):
        start = block * _BLOCK_SIZE + offset
        buffer[:] = self.bytes[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * _BLOCK_SIZE + offset
        self.bytes[start : start + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        if operation == _GET_BLOCKS:
            return _BLOCKS
        if operation == _GET_BLOCK_SIZE:
            return _BLOCK_SIZE
        return 0
