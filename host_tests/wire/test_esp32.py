# SPDX-License-Identifier: MIT
"""The memory that a service uses on an ESP32: the stacks of the tasks in which it runs, and the heaps."""

import pathlib
import time

import pytest

from .esp32 import BUILD
from .frames import announcement, request

pytestmark = [
    pytest.mark.only("esp32", "other boards don't have these tasks"),
    pytest.mark.esp32,
    pytest.mark.skipif(not BUILD, reason="not built: make test-board BOARD=ESP32_GENERIC MICROPY_DIR=..."),
]

C = "169.254.20.20"
# The tasks, by their names in FreeRTOS
TASKS = {"lwIP": "tiT", "esp_timer": "esp_timer", "MicroPython": "mp_task"}
LEAST = 512  # bytes of a stack that must stay free
STORM = 1000  # frames


def test_stacks_and_heaps_of_esp32(bench):
    board = bench.board()
    board.run("import gc, esp32, _tasks")

    def figures():
        board.run("gc.collect()")
        stacks = {task: board.ask(f"_tasks.least_free({name!r})") for task, name in TASKS.items()}
        idf = board.ask("sum(region[1] for region in esp32.idf_heap_info(esp32.HEAP_DATA))")
        return {**stacks, "Python's heap": board.ask("gc.mem_free()"), "IDF's heap": idf}

    measured = {"autoip imported": figures()}
    board.claim(delay=200, ip=C)
    measured["address claimed"] = figures()
    for _ in range(STORM):
        bench.wire.send(request("169.254.7.9", C))
    time.sleep(1)  # QEMU's Ethernet drops frames that come too fast
    bench.wire.send(announcement(C))
    board.expect("defended")
    bench.wire.send(announcement(C))
    board.expect("bound")
    time.sleep(1)
    measured["defended, and moved"] = figures()

    lines = ["bytes free:"]
    for when, numbers in measured.items():
        lines.append(f"{when + ':':22}" + ", ".join(f"{name} {free:,}" for name, free in numbers.items()))
    pathlib.Path(BUILD, "figures.txt").write_text("\n".join(lines) + "\n")
    assert all(numbers[task] >= LEAST for numbers in measured.values() for task in TASKS)
