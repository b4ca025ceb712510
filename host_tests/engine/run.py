# SPDX-License-Identifier: MIT
"""Runs the engine tests without pytest, because MicroPython has no pytest.

micropython run.py test_claim ...    runs these modules, by default all. Prints "ok name", or "FAIL name" and
                                     a traceback, for each test, and the totals
micropython run.py --traces          prints the frames of all scenarios
micropython run.py --files           prints the paths of the modules of lib/autoip
"""

import os
import sys

HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
LIB = HERE + "/../../lib"

for _folder in (LIB, HERE):
    sys.path.insert(0, _folder)


def modules(folder):
    """The names of the modules in a directory, without __init__."""
    return sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".py") and name[0] != "_")


def run(test, name):
    try:
        test()
    except Exception as error:
        print("FAIL", name)
        sys.print_exception(error)
        return False
    print("ok", name)
    return True


def main(arguments):
    if arguments == ["--traces"]:
        import scenarios

        for line in scenarios.traces():
            print(line)
        return 0
    if arguments == ["--files"]:
        for name in modules(LIB + "/autoip"):
            print(__import__("autoip." + name, None, None, (name,)).__file__)
        return 0
    passed = failed = 0
    for module in arguments or [name for name in modules(HERE) if name.startswith("test_")]:
        tests = __import__(module)
        for name in sorted(dir(tests)):
            if name.startswith("test_"):
                if run(getattr(tests, name), module + "." + name):
                    passed += 1
                else:
                    failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
