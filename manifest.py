# SPDX-License-Identifier: MIT
# The Python package, for include() or require() in a manifest of yours, and for micropython-lib's tools; with
# the C module beside it: firmware/manifest.py. The version is that of lib/autoip/__init__.py: `make package`
# copies it.

metadata(
    description="IPv4 link-local addresses (169.254.x.y) with conflict detection: RFC 3927, RFC 5227.",
    version="0.2.0",
    license="MIT",
    author="The autoip authors",
)

package("autoip", base_path="lib", opt=3)
