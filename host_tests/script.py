# SPDX-License-Identifier: MIT
"""script.py PROGRAM [ARGUMENT...]: run a Python program that make starts. Ctrl-C ends the program, and
prints one line.

The program is a file, or a module of host_tests/. A file can import the files in its own directory, and any
program can import the modules of host_tests/. The imports take seconds, so Ctrl-C is handled here and not in
the program.
"""

import pathlib
import runpy
import sys


def main(program):
    sys.argv = sys.argv[1:]
    try:
        if program.endswith(".py"):
            sys.path.insert(0, str(pathlib.Path(program).resolve().parent))
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)
    except KeyboardInterrupt:
        sys.exit("interrupted")


if __name__ == "__main__":
    main(sys.argv[1])
