# SPDX-License-Identifier: MIT
"""What the viewer sends, and when, with a simulated clock. It sends questions and never a probe."""

import types

import pytest
from links import BEGIN, ONE, TWO, A, B, C, claim, story
from scapy.layers.dns import DNS
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from test_names import discover
from wire.frames import mdns_response, reply

from autoip_view import Story
from autoip_view.questions import Questions

OWN_MAC = "02:00:00:00:00:09"
STEP = 0.25  # s


def link(ipv4=C, ipv6=""):
    return types.SimpleNamespace(mac=OWN_MAC, ipv4=ipv4, ipv6=ipv6)


class Asked:
    """The `frames` that the viewer sends within some seconds while no host answers. Each is (s since the
    start, scapy packet). `gone`: (s since the start, MAC) of each host that the viewer reports as gone.
    """

    def __init__(self, link, result, start=0, seconds=60):
        self.questions = Questions(link)
        self.frames = []
        self.gone = []
        for step in range(int(seconds / STEP)):
            now = BEGIN + start + step * STEP
            self.frames += [(step * STEP, Ether(raw)) for raw in self.questions.due(now, result.hosts)]
            for mac in self.questions.unanswered(now):
                self.gone.append((step * STEP, mac))
                result.gone(now, mac)

    def times(self, predicate):
        return [at for at, frame in self.frames if predicate(frame)]


def asks(name):
    """A predicate: the frame asks for a name with mDNS."""
    return lambda frame: (
        UDP in frame and name in [each.qname.decode() for each in DNS(bytes(frame[UDP].payload)).qd]
    )


def test_the_general_question_is_repeated_with_growing_gaps():
    asked = Asked(link(), Story(), seconds=200)
    assert asked.times(asks("mpy-rp2.local.")) == [0, 1, 3, 7, 15, 31, 91, 151]


def test_the_broadcast_address_is_pinged_once():
    ((at, frame),) = [pair for pair in Asked(link(), Story(), seconds=200).frames if ICMP in pair[1]]
    assert (at, frame.dst, frame[IP].src, frame[IP].dst) == (0, "ff:ff:ff:ff:ff:ff", C, "169.254.255.255")


def test_a_host_is_asked_for_its_name_three_times():
    result = story(*claim(A, ONE))
    assert Asked(link(), result, 8).times(asks("20.20.254.169.in-addr.arpa.")) == [0, 1, 3]


def test_a_host_with_a_name_is_not_asked_for_it():
    result = story(*claim(A, ONE), (8, mdns_response(ONE, A, "lamp.local.")))
    assert Asked(link(), result, 8).times(asks("20.20.254.169.in-addr.arpa.")) == []


def test_the_viewer_asks_for_the_name_that_a_host_sent_to_dhcp_servers():
    result = story((0, discover(ONE, b"lamp")))
    assert Asked(link(), result).times(asks("lamp.local.")) == [0, 1, 3]


def test_a_silent_host_is_gone_after_three_arp_requests_without_a_reply():
    asked = Asked(link(), story(*claim(A, ONE)), 7, seconds=25)
    assert asked.times(lambda frame: ARP in frame) == [15, 17, 21]
    assert asked.gone == [(23, ONE)]


def test_a_host_that_answers_is_not_gone():
    result = story(*claim(A, ONE))
    questions = Questions(link())
    for step in range(800):
        now = BEGIN + 7 + step * STEP
        for raw in questions.due(now, result.hosts):
            if ARP in Ether(raw):
                result.add(now, bytes(reply(A, C, OWN_MAC, ONE)))
        assert questions.unanswered(now) == []


def test_at_most_twenty_hosts_per_second_are_asked_whether_they_are_there():
    result = story(*[each for i in range(200) for each in claim(f"169.254.9.{i}", f"28:cd:c1:00:09:{i:02x}")])
    asked = Asked(link(), result, 30, seconds=4)
    assert len(asked.times(lambda frame: ARP in frame)) == 80


@pytest.mark.parametrize(("ipv4", "requests"), [(C, 6), ("10.0.0.5", 0)])
def test_no_frame_is_a_probe_or_a_claim(ipv4, requests):
    """If the viewer's address is in another subnet, the viewer sends no ARP Requests. Hosts may ignore a
    Request from another subnet, and would then seem to be gone.
    """
    result = story(*claim(A, ONE), *claim(B, TWO), (9, discover(TWO, b"lamp")))
    frames = [frame for _, frame in Asked(link(ipv4), result, 8).frames]
    arps = [frame[ARP] for frame in frames if ARP in frame]
    assert len(arps) == requests
    for arp in arps:
        assert (arp.op, arp.hwsrc, arp.psrc) == (1, OWN_MAC, ipv4) and arp.pdst in (A, B)
    assert all(frame[IP].src == ipv4 for frame in frames if IP in frame)
    assert all(frame.src == OWN_MAC for frame in frames)


def test_without_an_address_the_viewer_sends_nothing():
    assert Asked(link(""), story(*claim(A, ONE)), 8).frames == []


def test_with_only_an_ipv6_address_the_viewer_sends_only_mdns_questions():
    frames = [frame for _, frame in Asked(link("", "fe80::1"), story(*claim(A, ONE)), 8).frames]
    assert frames and all(frame[IPv6].dst == "ff02::fb" and frame[UDP].dport == 5353 for frame in frames)


def test_questions_are_sent_at_once_from_an_address_that_comes_later():
    """An address comes later if, for example, the user follows the viewer's advice."""
    own = link("")
    result = story(*claim(A, ONE))
    questions = Questions(own)
    assert questions.due(BEGIN + 8, result.hosts) == []
    own.ipv4 = "10.0.0.5"
    assert len(questions.due(BEGIN + 28, result.hosts)) == 3  # general, ping, name
    own.ipv4 = C
    frames = [Ether(raw) for raw in questions.due(BEGIN + 28.1, result.hosts)]
    assert [frame[IP].src for frame in frames if IP in frame] == [C, C, C]


def test_the_memory_is_bounded():
    questions = Questions(link())
    for number in range(500):
        mac, address = f"28:cd:c1:00:{number >> 8:02x}:{number & 255:02x}", f"169.254.9.{number % 250}"
        # This is a new story with only this host, so Questions can forget the previous hosts.
        hosts = story((0, mdns_response(mac, address, "."))).hosts
        questions.due(BEGIN + number, hosts)
    assert len(questions._names) < 10 and len(questions._checks) < 10
