# SPDX-License-Identifier: MIT
"""Host names: read mDNS messages and build mDNS queries, with zeroconf, and make a name safe to print."""

import ipaddress
import re

from zeroconf import DNSAddress, DNSIncoming, DNSOutgoing, DNSPointer, DNSQuestion
from zeroconf.const import _CLASS_IN, _FLAGS_QR_QUERY, _TYPE_A, _TYPE_PTR

LOCAL = ".local"
_BATCH = 20  # at most this many questions in one message, so that it fits into a frame
_HOST_NAME = re.compile(rb"[A-Za-z0-9-]{1,63}")
_LONGEST = 63  # characters of a name that are shown: one label of a domain name (RFC 1035 2.3.4)
_REVERSE = ".in-addr.arpa."
_SERVICES = "_services._dns-sd._udp.local"  # the answers to this question list all services (RFC 6763 9)

# The host names that MicroPython 1.25 to 1.29 gives to boards (MICROPY_PY_NETWORK_HOSTNAME_DEFAULT).
DEFAULT_NAMES = frozenset(
    """
    FeatherS2 FeatherS2-Neo FeatherS3 IoTRedBoardRP2350 NanoS3 OMGS3 PYBD Pico2W PicoW ProS3 RGBTouchMini
    RP2040-Shim ThingPlusRP2350 TinyPICO TinyS2 TinyS3 TinyWATCHS3 W5100S-EVB W5500-EVB XRP m5stack-atom
    mpy-1020evk mpy-1050evk mpy-1060evk mpy-1064evk mpy-1070evk mpy-alif mpy-arch-mix mpy-c3-mini mpy-esp32
    mpy-esp32c3 mpy-esp32c6 mpy-esp32s2 mpy-esp32s3 mpy-giga-r1-wifi mpy-metro-m7 mpy-mimxrt mpy-nano-esp32
    mpy-nano-rp2040-connect mpy-nicla-vision mpy-opta mpy-portenta-h7 mpy-rp2 mpy-s2-mini mpy-s2-pico
    mpy-stm32 mpy-teensy41 mpy-ttgo-lora32
    """.split()
)


def clean(name):
    """A name from the network, safe to print: only printable characters, and a limited length."""
    shown = "".join(character if character.isprintable() else "?" for character in name.rstrip("."))
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def hosts(message):
    """Yield (address, name) of each host in an mDNS response. A query yields nothing.

    message: any bytes.
    """
    incoming = DNSIncoming(message)
    if not incoming.valid or incoming.is_query():
        return
    for record in incoming.answers():
        address, name = _host(record)
        if address and clean(name):
            yield address, clean(name)


def _host(record):
    if isinstance(record, DNSAddress) and len(record.address) == 4:
        return str(ipaddress.IPv4Address(record.address)), record.name
    if isinstance(record, DNSPointer) and record.name.lower().endswith(_REVERSE):
        return _address(record.name[: -len(_REVERSE)]), record.alias
    return "", ""


def _address(reverse):
    """The address in a reverse name such as "1.2.254.169", or ""."""
    try:
        return str(ipaddress.IPv4Address(".".join(reversed(reverse.split(".")))))
    except ValueError:
        return ""


def local(host_name):
    """The mDNS name for a host name from DHCP (bytes), or "" if the host name is not valid in mDNS."""
    return host_name.decode() + LOCAL if _HOST_NAME.fullmatch(host_name) else ""


def general_questions():
    """An mDNS query for all services, and for the hosts with one of MicroPython's default names."""
    names = [name + LOCAL for name in sorted(DEFAULT_NAMES)]
    return _message([(_SERVICES, _TYPE_PTR), *((name, _TYPE_A) for name in names)])


def questions(addresses, names):
    """mDNS messages that ask for the names of these addresses, and for the addresses of these names."""
    asked = [(ipaddress.IPv4Address(address).reverse_pointer, _TYPE_PTR) for address in addresses]
    asked += [(name, _TYPE_A) for name in names]
    return [_message(asked[at : at + _BATCH]) for at in range(0, len(asked), _BATCH)]


def _message(asked):
    outgoing = DNSOutgoing(_FLAGS_QR_QUERY)
    for name, kind in asked:
        outgoing.add_question(DNSQuestion(name + ".", kind, _CLASS_IN))
    (message,) = outgoing.packets()
    return message
