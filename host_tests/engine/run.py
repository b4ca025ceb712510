"""Runs the engine tests without pytest, as MicroPython has none.

micropython run.py test_claim ...    "ok name" or "FAIL name" and a traceback, and the sums
micropython run.py --traces               the frames of all scenarios
"""

import sys

FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."

for _folder in (FOLDER + "/../../lib", FOLDER):
    sys.path.insert(0, _folder)

MODULES = (
    "test_verdicts",
    "test_claim",
    "test_conflict",
    "test_rate_limit",
    "test_link",
    "test_clock",
    "test_siblings",
    "test_service",
    "test_interrupts",
    "test_options",
    "test_store",
    "test_populations",
    "test_heap",
)


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
        from autoip import acd, arp, candidates, options, service, store

        for module in (acd, arp, candidates, options, service, store):
            print(module.__file__)
        return 0
    passed = failed = 0
    for module in arguments or MODULES:
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
