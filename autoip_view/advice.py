# SPDX-License-Identifier: MIT
"""What to type if this host can't reach the boards."""

import sys

from .story import is_link_local


def advice(link):
    """The problem and what to do about it, in lines, if an interface has no link-local address. link:
    link.Link.
    """
    if is_link_local(link.ipv4):
        return ()
    return f"This host has no 169.254 address on {link.name}, so it may not reach the boards.", _remedy(link)


def _remedy(link):
    if sys.platform in ("win32", "darwin"):
        return "Let the interface get its address automatically (DHCP): the system then takes one by itself."
    if link.ipv4:
        return f"Type: nmcli device modify {link.name} ipv4.link-local enabled"
    add = f"nmcli connection add type ethernet ifname {link.name} con-name link-local ipv4.method link-local"
    return f"Type: {add} && nmcli connection up link-local"
