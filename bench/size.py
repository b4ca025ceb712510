# SPDX-License-Identifier: MIT
"""make size: the flash, RAM, heap and stack of autoip, compared with lwIP's AutoIP and with
a build without either.

size.py         prints the figures, and the changes since the last commit
size.py keep    does the same, and writes the figures to docs/cost.json and docs/cost.md
size.py check   fails if flash or static RAM differs from docs/cost.json, and prints what to do
"""

import pathlib
import sys

import memory
import service_cycle
from board import BUILDS, Board, qemu_version
from figures import Figures

_FLASH_MAX = 14848  # bytes, C module and frozen Python
_RAM_MAX = 1088  # bytes, static RAM and heap of one service
_HEAP = f"""
import gc
def used():
    gc.collect()
    return gc.mem_alloc()
nic.active(True)
imported = started = svc = 0
before = used()
import autoip
imported = used()
{service_cycle.START}
{service_cycle.CLAIMED}
started = used()
"""

# The stack is the lowest part of RAM. This code fills the memory below the stack pointer, except for the 256
# bytes that the code itself may use.
_PAINT = """
import micropython, uctypes
stack = uctypes.bytearray_at(0x20000000, 16384 - micropython.stack_use() - 256)
for i in range(len(stack)):
    stack[i] = 0xA5
"""
_PAINTED = """
painted = 0
while painted < len(stack) and stack[painted] == 0xA5:
    painted += 1
"""


def deepest_stack(board, act):
    """The largest depth of the stack during act(board), in bytes. Python and interrupts share the stack."""
    board.run(_PAINT)
    act(board)
    board.run(_PAINTED)
    return 16384 - board.ask("painted")


def idle_stack(build):
    with Board(build) as board:
        board.run("nic.active(True)")
        return deepest_stack(board, lambda board: board.run("time.sleep(3)"))


def is_c_module(name):
    return name.startswith("firmware/")


def add_flash(figures, objects):
    totals = {build: memory.totals(build)[0] for build in BUILDS}
    added = {build: totals[build] - totals["none"] for build in ("lwip", "autoip")}
    flash = {name: objects["autoip"][0][name] - objects["none"][0][name] for name in objects["autoip"][0]}
    module = {name: size for name, size in flash.items() if is_c_module(name)}
    python = flash["frozen_content.o"]
    ours = sum(module.values()) + python
    figures.add("flash of the firmware", **totals)
    figures.add("flash added", **added)
    for name, size in module.items():
        figures.add(f"flash: {pathlib.Path(name).stem}.c", autoip=size)
    figures.add("flash: frozen Python", autoip=python)
    figures.add("flash: C module and frozen Python", budget=_FLASH_MAX, autoip=ours)
    figures.add("flash: lwIP, scheduler, qstrs", autoip=added["autoip"] - ours)


def add_static_ram(figures, objects):
    static = sum(size for name, size in objects["autoip"][1].items() if is_c_module(name))
    figures.add("static RAM of the firmware", **{build: memory.totals(build)[1] for build in BUILDS})
    figures.add("static RAM: C module", autoip=static)
    return static


def add_heap(figures, static):
    with Board("autoip") as board:
        board.run(_HEAP)
        service = board.ask("started - imported")
        figures.add("heap: one service", autoip=service)
        figures.add("RAM: C module and one service", budget=_RAM_MAX, autoip=static + service)
        figures.add("heap: import autoip, once", autoip=board.ask("imported - before"))


def add_stack(figures):
    figures.add("stack: idle interface", **{build: idle_stack(build) for build in BUILDS})
    with Board("autoip") as board:
        board.run("nic.active(True)")
        importing = deepest_stack(board, lambda board: board.run("import autoip"))
        figures.add("stack: import autoip", autoip=importing)
        figures.add("stack: from start to stop", autoip=deepest_stack(board, service_cycle.live))


def main(command=None):
    figures = Figures("size", {"gcc": memory.compiler_version(), "QEMU": qemu_version()})
    objects = {build: memory.by_object(build) for build in BUILDS}
    add_flash(figures, objects)
    static = add_static_ram(figures, objects)
    if command == "check":
        figures.check("gcc")
        return
    add_heap(figures, static)
    add_stack(figures)
    figures.show()
    if command == "keep":
        figures.keep()


if __name__ == "__main__":
    main(*sys.argv[1:])
