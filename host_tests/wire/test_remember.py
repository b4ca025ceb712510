# SPDX-License-Identifier: MIT
"""`remember` on a file system whose block device is written in Python, like that of an SD card."""

import pytest

C = "169.254.20.20"
PATH = "/ram/autoip.txt"
DEVICE = """
import os
class Ram:
    size = 512
    inside = False  # a call by the file system is running
    entered = 0  # calls from inside another call
    hold = None  # a call waits until hold() is true
    def __init__(self, blocks):
        self.data = bytearray(blocks * self.size)
    def call(self, block, offset, buffer, write):
        self.entered += self.inside
        self.inside = True
        if self.hold:
            until(self.hold, PATIENCE * 1000)
        start = block * self.size + offset
        if write:
            self.data[start : start + len(buffer)] = buffer
        else:
            buffer[:] = self.data[start : start + len(buffer)]
        self.inside = False
    def readblocks(self, block, buffer, offset=0):
        self.call(block, offset, buffer, False)
    def writeblocks(self, block, buffer, offset=0):
        self.call(block, offset, buffer, True)
    def ioctl(self, op, value):
        if op == 4:
            return len(self.data) // self.size
        return self.size if op == 5 else 0
def mount(file_system, blocks):
    device = Ram(blocks)
    file_system.mkfs(device)
    os.mount(file_system(device), "/ram")
    return device
def write(path, text):
    with open(path, "w") as file:
        file.write(text)
def read(path):
    with open(path) as file:
        return file.read()
"""


@pytest.fixture(params=["VfsLfs2", "VfsFat"])
def board(bench, request):
    board = bench.board()
    board.run(DEVICE)
    board.run(f"device = mount(os.{request.param}, 64)")
    return board


pytestmark = pytest.mark.only("qemu", "UNIX_TAP has the files of the Linux host")


def test_no_callback_uses_the_file_system_while_the_program_uses_it(board):
    board.start(delay=200, ip=C, remember=PATH)
    board.run("device.hold = lambda: svc.address")
    board.run("write('/ram/data', 'x' * 1000)")  # During this call the address is claimed.
    board.run("device.hold = None")
    assert board.ask("device.entered") == 0
    assert board.ask("read('/ram/data') == 'x' * 1000")
    assert board.ask("svc.wait()") == C
    assert board.ask(f"read({PATH!r})") == f"{board.mac} {C}\n"
    assert board.ask("sorted(os.listdir('/ram'))") == ["autoip.txt", "data"]
