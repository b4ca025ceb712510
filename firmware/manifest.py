# SPDX-License-Identifier: MIT
# For a manifest of yours: include("/path/to/autoip/firmware/manifest.py"). It freezes the Python package.
# MicroPython 1.29 and later take the C module from here too, older ones want
# USER_C_MODULES=/path/to/autoip/firmware.

# As ../manifest.py has it, but without a version, which MicroPython would put into each module.
package("autoip", base_path="../lib", opt=3)

try:
    c_module(".")
except NameError:
    pass
