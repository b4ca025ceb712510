# SPDX-License-Identifier: MIT
# For a manifest of yours: include("/path/to/autoip/firmware/manifest.py"). It freezes the Python package.
# MicroPython 1.29 and later take the C module from here too, older ones want
# USER_C_MODULES=/path/to/autoip/firmware.

include("../manifest.py")

try:
    c_module(".")
except NameError:
    pass
