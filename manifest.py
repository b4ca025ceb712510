# SPDX-License-Identifier: MIT
# The Python package, for include() or require() in your own manifest, and for micropython-lib's tools.
# firmware/manifest.py also has the C module. `make package` copies the version from lib/autoip/__init__.py.

metadata(
    description="IPv4 link-local addresses (169.254.x.y) with conflict detection: RFC 3927, RFC 5227.",
    version="0.2.0",
    license="MIT",
    author="The autoip authors",
)

package("autoip", base_path="lib", opt=3)
