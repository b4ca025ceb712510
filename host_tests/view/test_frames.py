# SPDX-License-Identifier: MIT
"""The viewer raises no exception for any frame, and decodes ARP frames to the same values as scapy."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from links import ONE, TWO, A, B, ping
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, CookedLinux, CookedLinuxV2, Dot1Q, Ether
from wire.frames import probe, request

from autoip_view import Story, draw
from autoip_view.frames import LINK_TYPES, Arp, Echo, Malformed, decode

LINK = st.sampled_from([*LINK_TYPES, 0, 105])
ADDRESS = st.sampled_from([A, B, "0.0.0.0", "255.255.255.255", "10.0.0.1"])
MAC = st.sampled_from([ONE, TWO, "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"])
ARPS = st.builds(
    ARP, op=st.integers(0, 3), hwsrc=MAC, psrc=ADDRESS, hwdst=MAC, pdst=ADDRESS
)  # from several hosts; some are malformed
ARP_FRAMES = st.builds(lambda arp: bytes(Ether(src=ONE) / arp), ARPS)
# Nearly correct frames: one byte is different, or the end is missing.
DAMAGED = st.builds(
    lambda raw, at, byte, length: (raw[:at] + bytes([byte]) + raw[at + 1 :])[:length],
    ARP_FRAMES,
    st.integers(0, 41),
    st.integers(0, 255),
    st.integers(0, 60),
)
FRAMES = st.one_of(st.binary(max_size=80), ARP_FRAMES, DAMAGED)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1e10), FRAMES, LINK), max_size=40))
def test_no_frame_raises(frames):
    story = Story()
    for at, raw, link_type in frames:
        story.add(at, raw, link_type)
    assert story.frames == len(frames)
    assert all(event.words() for event in story.events)
    assert len(story.phases()) <= len(story.events)


@settings(deadline=None)
@given(ARP_FRAMES)
def test_scapy_decodes_the_same_values(raw):
    try:
        result = decode(raw)
    except Malformed:
        return
    arp = Ether(raw)[ARP]
    read = Arp(arp.op == 1, arp.hwsrc, arp.psrc, arp.hwdst, arp.pdst)
    assert result == read


@pytest.mark.parametrize(
    "arp",
    [
        ARP(op=3, hwsrc=ONE, psrc=A, pdst=B),
        ARP(hwtype=6, hwsrc=ONE, psrc=A, pdst=B),
        ARP(ptype=0x86DD, hwsrc=ONE, psrc=A, pdst=B),
        ARP(hwsrc="ff:ff:ff:ff:ff:ff", psrc=A, pdst=B),
        ARP(hwsrc="00:00:00:00:00:00", psrc=A, pdst=B),
        ARP(op=2, hwsrc=ONE, psrc="0.0.0.0", pdst=B),
        ARP(hwsrc=ONE, psrc="0.0.0.0", pdst="0.0.0.0"),
        bytes(ARP(hwsrc=ONE, psrc=A, pdst=B))[:27],
        bytes([0, 1, 8, 0, 200, 200, 0, 1]) + bytes(20),
    ],
)
def test_a_malformed_arp_frame_is_rejected(arp):
    with pytest.raises(Malformed):
        decode(bytes(Ether(src=ONE, type=0x0806) / arp))


@pytest.mark.parametrize(
    ("link_type", "frame"),
    [
        (1, probe(A, ONE)),
        (113, CookedLinux() / probe(A, ONE)[ARP]),
        (276, CookedLinuxV2() / probe(A, ONE)[ARP]),
    ],
    ids=["ethernet", "cooked", "cooked 2"],
)
def test_a_probe_is_decoded_with_each_link_type(link_type, frame):
    assert decode(bytes(frame), link_type) == Arp(True, ONE, "0.0.0.0", "00:00:00:00:00:00", A)


def test_a_vlan_is_another_link():
    assert decode(bytes(Ether(src=ONE) / Dot1Q(vlan=7) / probe(A, ONE)[ARP])) is None


def test_a_ping():
    assert decode(bytes(ping(A, B, ONE))) == Echo(True, ONE, A, B)
    assert decode(bytes(Ether(src=ONE) / IP(src=A, dst=B) / UDP())) is None


def test_padding_is_ignored():
    assert decode(bytes(request(A, B, ONE)) + bytes(18)).sender == A


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.floats(0, 1e6), ARP_FRAMES), max_size=12))
def test_every_story_can_be_drawn(frames):
    story = Story()
    for at, raw in sorted(frames):
        story.add(at, raw)
    if story.protocol_events():
        draw(story, io.BytesIO())
