# SPDX-License-Identifier: MIT
"""The option string of the QNX module. autoip imports this module only when mount() is called."""

from .candidates import number


def parse(text):
    """Parse an option string of the QNX module, "if=w0,ip=169.254.20.20,debug,delay=200,abandon".

    Returns (nic, options). nic: the value of `if`, or None. options: keyword arguments for start(), which
    checks their values. ValueError names an option that is unknown or repeated, lacks its value, or has a
    value but must not have one. TypeError if `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("options: a string")
    options = {}
    for item in text.split(",") if text else ():
        name, equals, value = item.partition("=")
        if name in options:
            error = "given twice"
        elif name in ("if", "ip", "delay"):
            error = not value and "needs a value"
        elif name in ("debug", "abandon", "old", "force"):
            error = equals and "takes no value"
        else:
            error = "unknown option"
        if error:
            raise ValueError("%s: %s" % (name or "''", error))
        options[name] = value or True
    if "delay" in options:
        options["delay"] = number(options["delay"])
    return options.pop("if", None), options
