# SPDX-License-Identifier: MIT
"""The test harness: the capture has all frames, and the checker finds errors."""

import itertools

import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

from . import checker
from .frames import Frame, announcement, is_arp, probe, reply, request

pytestmark = pytest.mark.only("unix", "no board takes part")

A = "169.254.20.20"
B = "169.254.21.21"
C = "169.254.22.22"
MAC = "28:cd:c1:00:00:01"
OTHER = "28:cd:c1:00:00:02"
CLAIM = [probe(A, MAC)] * 3 + [announcement(A, MAC)] * 2
TALK = Ether(src=MAC, dst=OTHER) / IP(src=A, dst=B) / UDP()


def _capture_of(*packets):
    """One frame per 0.1 s, from 0 on."""
    return [Frame(i * 0.1, bytes(packet), injected=False) for i, packet in enumerate(packets)]


def test_each_frame_is_captured_once(bench):
    one, two = bench.wire.add_host("10.0.0.1/24"), bench.wire.add_host("10.0.0.2/24")
    assert one.ping(two.address, count=3)
    echoes = bench.capture.select(lambda f: f.kind == "ICMP")
    assert [f.source for f in echoes] == [one.mac, two.mac] * 3
    assert not any(f.injected for f in echoes)


def test_no_answer_is_captured_before_its_question(bench):
    one, two = bench.wire.add_host("10.0.0.1/24"), bench.wire.add_host("10.0.0.2/24")
    one.run("ping", "-n", "-q", "-f", "-c", "2000", two.address)
    echoes = bench.capture.select(lambda f: f.kind == "ICMP")
    numbers = {mac: [f.packet[ICMP].seq for f in echoes if f.source == mac] for mac in (one.mac, two.mac)}
    assert numbers[one.mac] == numbers[two.mac] == list(range(1, 2001))
    asked = set()
    for frame in echoes:
        if frame.source == one.mac:
            asked.add(frame.packet[ICMP].seq)
        else:
            assert frame.packet[ICMP].seq in asked
    assert all(earlier.time <= later.time for earlier, later in itertools.pairwise(echoes))


def test_frames_of_the_adversary_reach_all_hosts_and_are_marked(bench):
    host = bench.wire.add_host("10.0.0.1/24")
    sent = bench.wire.send(request("10.0.0.9", "10.0.0.1"))
    assert bench.capture.wait_for(is_arp("request", tpa="10.0.0.1"), after=sent).injected
    answer = bench.capture.wait_for(is_arp("reply", mac=host.mac))
    assert not answer.injected
    assert len(bench.capture.select(lambda f: f.arp is not None)) == 2


def test_the_pcap_has_all_captured_frames(bench):
    from scapy.utils import rdpcap

    bench.wire.send(probe(A))
    frame = bench.capture.wait_for(is_arp("probe"))
    bench.capture.close()
    read = rdpcap(str(bench.capture.path))
    assert [bytes(packet) for packet in read] == [frame.raw]
    assert float(read[0].time) == pytest.approx(frame.time, abs=1e-5)


def test_two_bridges_are_separate(two_wires):
    two_wires.wire.send(probe(A), "br1")
    two_wires.captures[1].wait_for(is_arp("probe"))
    assert not two_wires.captures[0].since()


def test_a_peer_that_ends_is_reported_at_once_with_its_output(bench):
    with pytest.raises(ConnectionError, match=r"(?s)the daemon is gone:.*Failed to parse"):
        bench.avahi(start="none").wait()
    with pytest.raises(ConnectionError, match=r"(?s)dnsmasq is gone:.*bad dhcp-range"):
        bench.dhcp().start(first=250)  # up to 259


def test_the_checker_accepts_a_claim():
    talk = [request(A, B, MAC), reply(B, A, MAC, OTHER), TALK]
    assert checker.violations(_capture_of(*CLAIM, *talk), [MAC]) == []


@pytest.mark.parametrize(
    ("error", "packets"),
    {
        "not broadcast": [*CLAIM, reply(A, B, OTHER, MAC)],
        "ARP from an address that is not held": [*CLAIM[:3], request(A, B, MAC)],
        "IPv4 from an address that is not held": [*CLAIM[:3], TALK],
        "without three probes": CLAIM[1:],
        "without any probe": CLAIM[3:],
        "defended twice": [*CLAIM, *CLAIM[3:]],
        "not sent to the destination's own MAC": [*CLAIM, announcement(C, OTHER), TALK],
        "reserved": [probe("169.254.255.1", MAC)],
        "42 bytes and zeros": [bytes(probe(A, MAC)) + b"\0\0leak"],
        "not the source MAC": [bytes(probe(A, MAC)).replace(b"\0\x01\x28", b"\0\x01\x29")],
        "target MAC of a Request": [bytes(probe(A, MAC))[:32] + b"\1" + bytes(probe(A, MAC))[33:]],
        "is held by": [*CLAIM, *[probe(A, OTHER)] * 3, announcement(A, OTHER)],
    }.items(),
)
def test_the_checker_finds(error, packets):
    found = checker.violations(_capture_of(*packets), [MAC, OTHER])
    assert [line for line in found if error in line], found


@pytest.mark.parametrize("packet", [request(A, B, MAC), announcement(A, MAC), TALK])
def test_the_checker_finds_the_use_of_a_lost_address(packet):
    lost = checker.losses(f"0.3 autoip e0: bound {A}\n0.45 autoip e0: lost {A}\n", [MAC])
    talk = [*CLAIM, announcement(B, OTHER), packet]
    assert not checker.violations(_capture_of(*talk), [MAC])
    assert checker.violations(_capture_of(*talk), [MAC], lost)


def test_the_checker_ignores_an_interface_that_is_not_on_the_wire():
    assert checker.losses(f"0.3 autoip w0: lost {A}\n0.4 autoip w1: lost {B}\n", [MAC]) == [
        checker.Loss(0.301, MAC, 0)
    ]


def test_a_loss_reported_late_does_not_end_the_next_claim():
    again = _capture_of(*CLAIM, *CLAIM, request(A, B, MAC))
    assert checker.violations(again, [MAC], [checker.Loss(0.95, MAC, 1)]) == []
    assert checker.violations(again, [MAC], [checker.Loss(0.95, MAC, 2)])


@pytest.mark.parametrize("claim", [CLAIM[:2], [*CLAIM[:2], CLAIM[4]]], ids=["all", "one announcement"])
def test_the_checker_accepts_a_claim_that_an_outage_hid(claim):
    talk = _capture_of(*claim, request(A, B, MAC), reply(B, A, MAC, OTHER), TALK)
    assert checker.violations(talk, [MAC])
    assert checker.violations(talk, [MAC], outages=[checker.Outage(0.15, 0.11, MAC)]) == []


def test_the_checker_accepts_a_claim_whose_start_a_network_card_has_missed():
    """The board has noticed the outage. Its first probe after the outage is in no capture."""
    again = _capture_of(*CLAIM, *CLAIM[1:], request(A, B, MAC))
    lost = [checker.Loss(0.42, MAC, 1)]
    assert checker.violations(again, [MAC], lost, outages=[checker.Outage(0.45, 0.41, MAC)])
    assert checker.violations(again, [MAC], lost, outages=[checker.Outage(0.45, 0.41, MAC, blind=True)]) == []


def test_the_checker_knows_the_claim_that_follows_a_hidden_one():
    again = _capture_of(*CLAIM[:2], announcement(A, MAC), *CLAIM, request(A, B, MAC))
    outages = [checker.Outage(0.15, 0.11, MAC)]
    assert checker.violations(again, [MAC], [checker.Loss(0.25, MAC, 1)], outages=outages) == []
    assert checker.violations(again, [MAC], [checker.Loss(0.75, MAC, 2)], outages=outages)


def test_the_checker_finds_the_use_of_an_address_after_an_outage_that_the_board_noticed():
    talk = _capture_of(*CLAIM, request(A, B, MAC))
    lost = [checker.Loss(0.44, MAC, 1)]
    assert checker.violations(talk, [MAC], lost, outages=[checker.Outage(0.46, 0.42, MAC)])
