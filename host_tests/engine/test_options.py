# SPDX-License-Identifier: MIT
"""The options: ranges, messages, and the option string of the QNX module."""

from autoip import service
from autoip.candidates import candidate, host_part, text
from autoip.options import parse
from sim import Link, Random, Wire, power_up


def _message(function, *arguments):
    """The text of the ValueError, or None if there was none."""
    try:
        function(*arguments)
    except ValueError as error:
        return error.args[0]
    return None


def test_ip_in_range():
    #
    for ip, host in (
        ("169.254.1.0", 0x0100),
        ("169.254.1.255", 0x01FF),
        ("169.254.2.0", 0x0200),
        ("169.254.18.52", 0x1234),
        ("169.254.20.20", 0x1414),
        ("169.254.254.0", 0xFE00),
        ("169.254.254.255", 0xFEFF),
    ):
        assert host_part(ip) == host and text(host) == ip


def test_every_legal_ip_is_accepted():
    for host in range(0x0100, 0xFF00, 7):
        assert host_part(text(host)) == host


def test_ip_out_of_range_or_malformed():
    # R3927-2.1-b, X-41: the first and the last 256 addresses of 169.254/16 are reserved.
    for ip in (
        "169.254.0.0",
        "169.254.0.255",
        "169.254.255.0",
        "169.254.255.255",
        "169.253.20.20",
        "168.254.20.20",
        "10.0.0.1",
        "192.168.1.1",
        "0.0.0.0",
        "255.255.255.255",
        "169.254.20",
        "169.254.20.20.1",
        "169.254..20",
        "169.254.20.",
        ".169.254.20.20",
        "169.254.20.256",
        "169.254.256.20",
        "169.254.-1.20",
        "169.254.+2.20",
        "169.254.2_0.20",
        "169.254. 20.20",
        " 169.254.20.20",
        "169.254.20.20 ",
        "169.254.20.20\n",
        "169.254.0x14.20",
        "169.254.20.20/16",
        "169.254.x.y",
        "169,254,20,20",
        "169.254.20.99999",
        "169.254.20.٣",
        "host.local",
        "",
        None,
        0,
        0x1414,
        20.5,
        True,
        b"169.254.20.20",
        ("169", "254", "20", "20"),
        [],
    ):
        message = _message(host_part, ip)
        assert message == "ip: 169.254.1.0 - 169.254.254.255", ip


def test_candidates_are_the_same_in_every_version():
    # R3927-2.1-f: a board keeps its address after an update of the firmware.
    random = Random(7)
    total = 0
    for i in range(1000):
        mac = random.some_bytes(6)
        attempt = random(0, 70000) if i % 2 else i % 7
        total = (total * 31 + candidate(mac, attempt)) % 1000003
    assert total == 291641
    assert [candidate(b"\x28\xcd\xc1\x00\x00\x01", i) for i in range(3)] == [8085, 39173, 28848]


def _start(delay):
    wire = Wire()
    power_up(wire)
    service.Service(Link(wire), delay=delay)


def test_delay_in_range():
    for delay in (1, 2, 200, 2000, 7999, 8000):
        assert _message(_start, delay) is None


def test_delay_out_of_range():
    for delay in (0, -1, 8001, 2**31, 1.0, 2000.5, "200", "", None, True, False, b"1", [1]):
        assert _message(_start, delay) == "delay: 1 - 8000 ms", delay


def test_option_strings():
    for string, nic, options in (
        ("", None, {}),
        ("debug", None, {"debug": True}),
        ("abandon", None, {"abandon": True}),
        ("if=w0", "w0", {}),
        ("if=e1,debug", "e1", {"debug": True}),
        ("delay=1", None, {"delay": 1}),
        ("delay=8000", None, {"delay": 8000}),
        ("ip=169.254.1.0", None, {"ip": "169.254.1.0"}),
        ("abandon,delay=200,if=w0", "w0", {"abandon": True, "delay": 200}),
        (
            "if=w0,ip=169.254.20.20,debug,delay=200,abandon",
            "w0",
            {"ip": "169.254.20.20", "debug": True, "delay": 200, "abandon": True},
        ),
    ):
        assert parse(string) == (nic, options), string


def test_malformed_option_strings_name_the_option():
    for string, name in (
        ("colour", "colour"),
        ("colour=1", "colour"),
        ("Debug", "Debug"),
        (" debug", " debug"),
        ("debug ", "debug "),
        ("on_event=x", "on_event"),
        ("nic=w0", "nic"),
        (",", "''"),
        ("debug,", "''"),
        ("debug,,abandon", "''"),
        ("=", "''"),
        ("=5", "''"),
        ("if", "if"),
        ("if=", "if"),
        ("ip", "ip"),
        ("ip=", "ip"),
        ("delay", "delay"),
        ("delay=", "delay"),
        ("debug=", "debug"),
        ("debug=1", "debug"),
        ("abandon=yes", "abandon"),
        ("debug,debug", "debug"),
        ("delay=5,delay=5", "delay"),
        ("if=w0,debug,if=w1", "if"),
    ):
        message = _message(parse, string)
        assert message and message.startswith(name + ":"), (string, message)


def test_malformed_delays_in_a_string_name_the_range():
    for value in (
        "0",
        "8001",
        "-1",
        "+5",
        "1.5",
        "1e3",
        "0x10",
        "2_0",
        "fast",
        "1=2",
        "99999",
        "00200",
        " 5",
    ):
        _, options = parse("delay=" + value)
        assert _message(_start, options["delay"]) == "delay: 1 - 8000 ms", value
