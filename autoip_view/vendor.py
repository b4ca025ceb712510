# SPDX-License-Identifier: MIT
"""The vendor of a MAC, from scapy's copy of Wireshark's list. Nothing is downloaded."""

import functools

_LOCAL = 2  # bit of a MAC's first byte: the MAC is locally administered, so it has no vendor


@functools.lru_cache(4096)
def vendor(mac):
    """The name of the vendor, or "" if it is not in the list."""
    from scapy.data import MANUFDB

    _, name = MANUFDB.lookup(mac)
    return "" if name == mac or int(mac[:2], 16) & _LOCAL else name
