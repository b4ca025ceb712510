# SPDX-License-Identifier: MIT
"""The vendor of a MAC, from scapy's copy of Wireshark's list: nothing is downloaded."""

import functools

_LOCAL = 2  # bit of a MAC's first byte: the MAC does not come from a vendor


@functools.lru_cache(4096)
def vendor(mac):
    """The name of the vendor, or "" if the list does not have it."""
    from scapy.data import MANUFDB

    _, name = MANUFDB.lookup(mac)
    return "" if name == mac or int(mac[:2], 16) & _LOCAL else name
