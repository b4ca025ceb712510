# SPDX-License-Identifier: MIT
"""Names from the network. Any bytes may arrive, and the viewer's names are safe to print."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from links import BEGIN, ONE, TWO, A, B, claim, ping, story
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from wire.frames import mdns_response

from autoip_view import Story, names

RESPONSE = bytes(DNS(qr=1, aa=1, qd=[], an=[DNSRR(rrname="lamp.local.", type="A", rdata=A)]))
DAMAGED = st.builds(
    lambda at, byte, length: (RESPONSE[:at] + bytes([byte]) + RESPONSE[at + 1 :])[:length],
    st.integers(0, len(RESPONSE) - 1),
    st.integers(0, 255),
    st.integers(0, len(RESPONSE)),
)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), DAMAGED))
def test_no_message_raises_and_no_name_is_unsafe(message):
    for address, name in names.hosts(message):
        assert name.isprintable() and 0 < len(name) < 64
        assert address.replace(".", "").isdecimal()


@given(st.text())
def test_a_clean_name_is_printable_and_short(name):
    assert names.clean(name).isprintable() and len(names.clean(name)) < 64


def test_an_address_record_and_a_reverse_record_give_the_same_host():
    reverse = DNSRR(rrname="20.20.254.169.in-addr.arpa.", type="PTR", rdata="lamp.local.")
    assert list(names.hosts(RESPONSE)) == [(A, "lamp.local")]
    assert list(names.hosts(bytes(DNS(qr=1, qd=[], an=[reverse])))) == [(A, "lamp.local")]


def test_a_question_has_no_hosts():
    probe = DNS(qd=[DNSQR(qname="lamp.local.", qtype="ALL")], ns=[DNSRR(rrname="lamp.local.", rdata=A)])
    assert list(names.hosts(bytes(probe))) == []


def test_the_general_question_fits_into_a_frame_and_asks_for_all_default_names():
    message = names.general_questions()
    asked = [each.qname.decode() for each in DNS(message).qd]
    assert len(message) < 1400
    assert asked[0] == "_services._dns-sd._udp.local." and "mpy-rp2.local." in asked
    assert len(asked) == 1 + len(names.DEFAULT_NAMES)


def test_many_questions_are_several_messages_that_fit_into_a_frame():
    messages = names.questions([f"169.254.9.{i}" for i in range(50)], [f"{'n' * 63}.local"] * 50)
    assert all(len(message) < 1472 for message in messages)
    assert sum(DNS(message).qdcount for message in messages) == 100
    assert names.questions([], []) == []


@pytest.mark.parametrize("host_name", [b"", b"a.b", b"a b", b"\x1b[31m", b"n" * 64, "ü".encode()])
def test_a_host_name_that_is_invalid_in_mdns_is_not_asked_for(host_name):
    assert names.local(host_name) == ""
    assert names.local(b"mpy-rp2") == "mpy-rp2.local"


# Names in a story


def named(result, mac):
    return result.hosts[mac].name


def test_a_host_has_the_name_that_it_announces():
    result = story(
        *claim(A, ONE), (8, mdns_response(ONE, A, "lamp.local.")), (9, mdns_response(ONE, A, "desk.local."))
    )
    assert named(result, ONE) == "desk.local"
    assert [event.also for event in result.events if event.kind == "name"] == ["lamp.local", "desk.local"]


def test_a_name_for_the_address_of_another_host_is_ignored():
    result = story(*claim(A, ONE), *claim(B, TWO), (8, mdns_response(TWO, B, "lamp.local.", rdata=A)))
    assert (named(result, ONE), named(result, TWO)) == ("", "")


def test_a_host_that_was_there_before_is_found_by_its_mdns_message_or_ping():
    result = story((0, mdns_response(ONE, A, "lamp.local.")), (1, ping(B, A, TWO, "echo-reply")))
    assert [(event.host, event.kind) for event in result.events if event.kind == "found"] == [
        (ONE, "found"),
        (TWO, "found"),
    ]
    assert (result.hosts[ONE].held, result.hosts[TWO].held) == (A, B)


def test_a_host_is_found_by_an_mdns_message_over_ipv6():
    ethernet = Ether(src=ONE, dst="33:33:00:00:00:fb") / IPv6(src="fe80::1", dst="ff02::fb")
    result = story((0, ethernet / UDP(sport=5353, dport=5353) / RESPONSE))
    assert (result.hosts[ONE].held, named(result, ONE)) == (A, "lamp.local")


def test_an_ip_packet_does_not_move_an_address_that_another_host_announced_with_arp():
    result = story(
        *claim(A, ONE), (9, ping(A, B, TWO, "echo-reply")), (10, mdns_response(TWO, A, "lamp.local."))
    )
    assert result.hosts[ONE].held == A and not result.hosts[TWO].held


def discover(mac, host_name):
    """A DHCP DISCOVER, built according to RFC 2131."""
    chaddr = bytes.fromhex(mac.replace(":", ""))
    options = (
        b"\x63\x82\x53\x63" + b"\x35\x01\x01" + b"\x00" + bytes([12, len(host_name)]) + host_name + b"\xff"
    )
    message = bytes([1, 1, 6, 0]) + bytes(24) + chaddr + bytes(10 + 64 + 128) + options
    ip = IP(src="0.0.0.0", dst="255.255.255.255")
    return Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ip / UDP(sport=68, dport=67) / message


def test_a_host_that_looks_for_a_dhcp_server_causes_one_event():
    result = story((0, discover(ONE, b"lamp")), (1, discover(ONE, b"lamp")))
    assert [event.kind for event in result.events] == ["dhcp"]
    assert result.hosts[ONE].host_name == b"lamp"


@settings(deadline=None)
@given(st.data())
def test_no_dhcp_message_raises(data):
    raw = bytearray(bytes(discover(ONE, b"lamp")))
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(34, len(raw) - 1))] = data.draw(st.integers(0, 255))
    result = Story()
    assert result.add(BEGIN, bytes(raw[: data.draw(st.integers(0, len(raw)))])) in (True, False)
