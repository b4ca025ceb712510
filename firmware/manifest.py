# SPDX-License-Identifier: MIT
# Include this in your own manifest: include("/path/to/autoip/firmware/manifest.py"). It freezes the Python
# package. MicroPython 1.29 and later also build the C module. For older versions, pass
# USER_C_MODULES=/path/to/autoip/firmware.

# Like ../manifest.py, but without a version, because MicroPython would write the version into each module.
package("autoip", base_path="../lib", opt=3)

try:
    c_module(".")
except NameError:
    pass
