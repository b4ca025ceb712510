"""Lets CPython import lib/autoip and the engine tests; what MicroPython has and CPython lacks."""

import sys
import traceback
from pathlib import Path

HERE = Path(__file__).parent

for folder in (HERE / "engine", HERE / "shim", HERE.parent / "lib"):
    sys.path.insert(0, str(folder))

if not hasattr(sys, "print_exception"):
    sys.print_exception = traceback.print_exception
