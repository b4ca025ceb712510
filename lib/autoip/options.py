# SPDX-License-Identifier: MIT
"""The option string of the QNX module. This is imported by those who use it."""

from .candidates import number


def parse(text):
    """The QNX option string, "if=w0,ip=169.254.20.20,debug,delay=200,abandon" -> (nic, options).

    nic: the value of `if`, or None. options: keyword arguments for start(), which checks their values.
    ValueError names an option that is unknown, given twice, lacks its value or has one that it does not
    take. TypeError if it is not a string.
    """
    if not isinstance(text, str):
        raise TypeError("options: a string")
    options = {}
    for item in text.split(",") if text else ():
        name, equals, value = item.partition("=")
        if name in options:
            fault = "given twice"
        elif name in ("if", "ip", "delay"):
            fault = not value and "needs a value"
        elif name in ("debug", "abandon", "old", "force"):
            fault = equals and "takes no value"
        else:
            fault = "unknown option"
        if fault:
            raise ValueError("%s: %s" % (name or "''", fault))
        options[name] = value or True
    if "delay" in options:
        options["delay"] = number(options["delay"])
    return options.pop("if", None), options
