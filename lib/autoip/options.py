"""Options as text: an address, and the option string of the QNX module. Imported when it is needed."""

from .candidates import FIRST, LAST, text


def check_ip(ip):
    """ "169.254.x.y" -> its 16-bit host part.

    ValueError unless it is in 169.254.1.0 - 169.254.254.255 (RFC 3927 2.1).
    """
    octets = ip.split(".") if isinstance(ip, str) else ()
    if len(octets) == 4:
        host = _number(octets[2]) << 8 | _number(octets[3])
        if FIRST <= host <= LAST and text(host) == ip:
            return host
    raise ValueError("ip: 169.254.1.0 - 169.254.254.255")


def parse(string):
    """The QNX option string, "if=w0,ip=169.254.20.20,debug,delay=200,abandon" -> (nic, options).

    nic: the value of `if`, or None. options: keyword arguments for start(), which checks their values.
    ValueError names an option that is unknown, given twice, lacks its value or has one that it does not
    take.
    """
    options = {}
    for item in string.split(",") if string else ():
        name, equals, value = item.partition("=")
        valued = name in ("if", "ip", "delay")
        fault = None
        if name in options:
            fault = "given twice"
        elif valued:
            if not value:
                fault = "needs a value"
        elif name not in ("debug", "abandon", "old", "force"):
            fault = "unknown option"
        elif equals:
            fault = "takes no value"
        if fault:
            raise ValueError("%s: %s" % (name or "''", fault))
        options[name] = value or True
    if "delay" in options:
        options["delay"] = _number(options["delay"])
    return options.pop("if", None), options


def _number(digits):
    # int() takes signs, spaces and underscores too; a number here has 4 digits at most.
    return int(digits) if digits.isdigit() and len(digits) <= 4 else -1
