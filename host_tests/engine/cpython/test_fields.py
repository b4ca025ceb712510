# SPDX-License-Identifier: MIT
"""Sets each field of an ARP packet to wrong values, and tries all lengths. Only the correct packet is a
conflict.

Each frame goes through the filter of a link (arp_filter.py), while an address is probed and while it is held.
wire/test_link_contract.py compares the filter of the firmware with this filter.
"""

import sim
from sim import BROADCAST, FOREIGN, MAC, ZERO_MAC, C, Host, Wire, X, announcement, denial, ip, probe

GROUP = b"\x01\x00\x5e\x00\x00\xfb"

# The results in the two states: probing, held.
PACKETS = (
    (announcement(FOREIGN, C), (True, True)),
    (denial(FOREIGN, C), (True, True)),
    (probe(FOREIGN, C), (True, False)),
)


def _hosts():
    wire = Wire()
    probing = Host(wire, first=C)
    wire.run(1)
    wire = Wire()
    held = Host(wire, first=C)
    wire.run(20000)
    assert probing.machine.state == sim.PROBING and held.machine.state == sim.HELD
    return probing, held


HOSTS = _hosts()


def _is_conflict(host, frame):
    """True if the frame would be a conflict. The state of the host does not change."""
    return host.kind(frame, host.machine.watched(), host.machine.held() >= 0) != 0


def _expect(frame, expected, what):
    assert tuple(_is_conflict(host, frame) for host in HOSTS) == tuple(expected), what


def _with(frame, place, data):
    return frame[:place] + data + frame[place + len(data) :]


def _words(place):
    """All frames in which the 16 bits at this offset have another value, and the values."""
    for frame, expected in PACKETS:
        usual = frame[place] << 8 | frame[place + 1]
        for value in range(0x10000):
            yield value, usual, _with(frame, place, bytes((value >> 8, value & 255))), expected


def test_correct_packets():
    # R3927-2.2.1-h, R3927-2.2.1-j, R3927-2.5-a, X-19
    for frame, expected in PACKETS:
        _expect(frame, expected, frame)
        for padding in (4, 18, 1472):
            _expect(frame + b"\xff" * padding, expected, padding)


def test_every_length():
    # X-18, B30
    for frame, expected in PACKETS:
        for length in range(61):
            cut = (frame + bytes(18))[:length]
            _expect(cut, expected if length >= 42 else (False, False), length)


def test_every_opcode():
    #
    # If the opcode of a probe is changed to Reply, the frame is not a conflict. If the opcode of a denial is
    # changed to Request, the frame is still a conflict.
    for value, _, frame, expected in _words(20):
        if value == 2 and frame[28:32] == sim.ANY:
            expected = (False, False)
        _expect(frame, expected if value in (1, 2) else (False, False), value)


def test_every_hardware_type_and_protocol_type():
    #
    for place in (14, 16):
        for value, usual, frame, expected in _words(place):
            _expect(frame, expected if value == usual else (False, False), (place, value))


def test_every_pair_of_address_lengths():
    #
    for value, usual, frame, expected in _words(18):
        _expect(frame, expected if value == usual else (False, False), value)


def test_every_ethertype():
    #
    # These include lengths (802.3) and VLAN tags.
    for value, usual, frame, expected in _words(12):
        _expect(frame, expected if value == usual else (False, False), value)


def test_tagged_frames():
    #
    for tag in (b"\x81\x00\x00\x00", b"\x81\x00\x00\x0a", b"\x88\xa8\x00\x0a"):
        for frame, _ in PACKETS:
            _expect(frame[:12] + tag + frame[12:], (False, False), tag)


def test_snap():
    #
    for frame, _ in PACKETS:
        header = b"\x00\x24\xaa\xaa\x03\x00\x00\x00"
        _expect(frame[:12] + header + frame[12:], (False, False), "SNAP")


def test_sender_macs():
    #
    for frame, expected in PACKETS:
        for mac in (ZERO_MAC, BROADCAST, GROUP, FOREIGN):
            _expect(_with(frame, 22, mac), expected, mac)
        _expect(_with(frame, 22, MAC), (False, False), "own")
        # The Ethernet source doesn't matter.
        for mac in (ZERO_MAC, BROADCAST, GROUP, MAC):
            _expect(_with(frame, 6, mac), expected, mac)


def test_target_macs():
    for frame, expected in PACKETS:
        for mac in (ZERO_MAC, BROADCAST, GROUP, MAC, FOREIGN):
            _expect(_with(frame, 32, mac), expected, mac)


def test_destinations():
    # D2
    for frame, expected in PACKETS:
        is_probe = frame[28:32] == sim.ANY
        _expect(_with(frame, 0, BROADCAST), expected, "broadcast")
        for mac in (MAC, GROUP):
            _expect(_with(frame, 0, mac), (False, False) if is_probe else expected, mac)
        for mac in (FOREIGN, ZERO_MAC):
            _expect(_with(frame, 0, mac), (False, False), mac)


def test_sender_addresses():
    # B05
    for frame, _ in PACKETS[:2]:
        for address in (ip(X), ip(C ^ 1), ip(C ^ 0x8000), b"\x0a\x00\x12\x34", BROADCAST[:4]):
            _expect(_with(frame, 28, address), (False, False), address)
    for bit in range(32):
        address = bytearray(ip(C))
        address[bit >> 3] ^= 1 << (bit & 7)
        _expect(_with(PACKETS[0][0], 28, bytes(address)), (False, False), bit)


def test_target_addresses():
    for frame, expected in PACKETS:
        is_probe = frame[28:32] == sim.ANY
        for address in (ip(X), ip(C ^ 1), sim.ANY, b"\x0a\x00\x00\x05"):
            _expect(_with(frame, 38, address), (False, False) if is_probe else expected, address)


def test_the_filter_and_the_machine_agree():
    # A host counts a conflict if and only if _is_conflict() would return True.
    for index in range(2):
        for frame, expected in PACKETS:
            host = _hosts()[index]
            host.on_frame(frame)
            assert host.count("conflicts") == expected[index]
