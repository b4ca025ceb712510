"""The options of autoip: names, defaults and ranges, and the option string of the QNX module."""

from micropython import const

from .candidates import FIRST, LAST, text

_DELAY_MIN = const(1)  # ms
_DELAY_MAX = const(8000)  # ms


def check_ip(ip):
    """ "169.254.x.y" -> its 16-bit host part; None -> -1.

    ValueError unless it is in 169.254.1.0 - 169.254.254.255 (RFC 3927 2.1).
    """
    if ip is None:
        return -1
    octets = ip.split(".") if isinstance(ip, str) else ()
    if len(octets) == 4:
        host = _number(octets[2]) << 8 | _number(octets[3])
        if FIRST <= host <= LAST and text(host) == ip:
            return host
    raise ValueError("ip: 169.254.1.0 - 169.254.254.255")


def check_delay(delay):
    """Milliseconds; ValueError unless it is an int in 1 - 8000 (QNX option `delay`)."""
    if type(delay) is not int or not _DELAY_MIN <= delay <= _DELAY_MAX:
        raise ValueError("delay: 1 - 8000 ms")
    return delay


def parse(string):
    """The QNX option string, "if=w0,ip=169.254.20.20,debug,delay=200,abandon" -> (nic, options).

    nic: the value of `if`, or None. options: keyword arguments for start(). ValueError names an
    option that is unknown, given twice, lacks its value or has one that it does not take.
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
        options["delay"] = check_delay(_number(options["delay"]))
    return options.pop("if", None), options


def _number(digits):
    # int() takes signs, spaces and underscores too; a number here has 4 digits at most.
    return int(digits) if digits.isdigit() and len(digits) <= 4 else -1
