# SPDX-License-Identifier: MIT
"""Advice for a user whose host can't reach the boards."""

import sys

from .story import is_link_local


def advice(link):
    """Returns two lines, the problem and what to do about it. If the interface has a link-local address,
    there is no problem, and the result is empty. link: link.Link.
    """
    if is_link_local(link.ipv4):
        return ()
    return f"This host has no 169.254 address on {link.name}, so it may not reach the boards.", _remedy(link)


def _remedy(link):
    if sys.platform in ("win32", "darwin"):
        return "Set the interface to automatic (DHCP). The system then assigns itself a 169.254 address."
    if link.ipv4:
        return f"Type: nmcli device modify {link.name} ipv4.link-local enabled"
    add = f"nmcli connection add type ethernet ifname {link.name} con-name link-local ipv4.method link-local"
    return f"Type: {add} && nmcli connection up link-local"
