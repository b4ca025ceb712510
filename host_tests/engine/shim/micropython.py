"""What the code under test takes from MicroPython's own module, for CPython."""


def const(value):
    return value
