# SPDX-License-Identifier: MIT
"""The live viewer on the wire: it finds boards, shows what they do, and never probes or claims an address."""

import json
import os
import random
import subprocess
import time

import pexpect
import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether

import autoip_view

from .board import ROOT
from .frames import ADVERSARY_MAC, ANY, BROADCAST, MDNS_GROUP, MDNS_MAC, announcement, is_arp, mdns_response
from .routable import PEER
from .viewer import Viewer, find, find_json, on_a_terminal
from .waiting import PATIENCE, QUIET, wait_until

DEFAULT_NAME = "mpy-rp2"  # one of MicroPython's default names
ADDRESS = f"{PEER}/16"
ROUTABLE = "10.0.0.5/24"
WITNESS = "02:00:00:00:00:03"  # MAC of a host whose claim of LAST is the last frame of a test
LAST = "169.254.9.9"

only_unix = pytest.mark.only("unix", "the viewer is under test, not the board")


def named(bench, name=DEFAULT_NAME, kind=None):
    """A board with a host name."""
    board = bench.board(kind)
    board.run(f"network.hostname({name!r}); nic.active(False); nic.active(True)")
    board.until("linked()", PATIENCE)
    return board


def sent(bench, host):
    """The frames of a host. They must be frames that the viewer and the kernel may send: no probe, and no
    claim.
    """
    frames = [frame for frame in bench.capture.since() if frame.source == host.mac]
    for frame in frames:
        if frame.arp:
            own = frame.arp.psrc == host.address and frame.arp.hwsrc == host.mac
            assert own and frame.arp.psrc not in (ANY, frame.arp.pdst), frame.words()
        elif IP in frame.packet:
            assert frame.packet[IP].src == host.address, frame.words()
    return frames


# Find


def test_a_board_that_was_there_before_is_found(bench):
    board = named(bench)
    address = board.claim(delay=200)
    host = bench.wire.add_host(ADDRESS)
    code, lines, complaints = find(host)
    assert (code, complaints) == (0, [])
    assert lines == [f"{address}  {DEFAULT_NAME}.local  {board.mac}  Raspberry Pi Trading Ltd"]
    assert sent(bench, host)


@only_unix
def test_a_board_with_a_name_of_its_own_is_found_when_it_looks_for_a_dhcp_server(bench):
    board = named(bench, "lamp")
    address = board.claim(delay=200)
    host = bench.wire.add_host(ADDRESS)
    expected = {
        "address": address,
        "name": "lamp.local",
        "mac": board.mac,
        "vendor": "Raspberry Pi Trading Ltd",
    }
    assert find_json(host, "--timeout", PATIENCE * 2) == (0, [expected])
    sent(bench, host)


@only_unix
def test_a_host_without_a_link_local_address_finds_a_board_and_prints_what_to_type(bench):
    board = named(bench)
    address = board.claim(delay=200)
    host = bench.wire.add_host(ROUTABLE)
    code, lines, complaints = find(host)
    assert code == 0 and lines[0].startswith(f"{address}  {DEFAULT_NAME}.local")
    assert complaints == [
        "This host has no 169.254 address on eth0, so it may not reach the boards.",
        "Type: nmcli device modify eth0 ipv4.link-local enabled",
    ]
    assert sent(bench, host)


@only_unix
def test_a_host_with_ipv6_only_finds_a_board(bench):
    board = named(bench)
    address = board.claim(delay=200)
    host = bench.wire.add_host()
    with host.namespace.inside(), open("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", "w") as file:
        file.write("0")
    wait_until(lambda: "tentative" not in host.run(*"ip -6 addr show dev eth0 scope link".split()), "no IPv6")
    code, (board_found,) = find_json(host)
    assert (code, board_found["address"], board_found["name"]) == (0, address, f"{DEFAULT_NAME}.local")


@only_unix
def test_a_host_without_an_address_sees_a_new_board_and_sends_nothing(bench):
    host = bench.wire.add_host()
    with Viewer(host, "--find", "eth0", "--timeout", PATIENCE) as viewer:
        board = bench.board()
        address = board.claim(delay=500)
        code, lines, complaints = viewer.end()
    assert code == 0 and lines[0].split()[::2] == [address, board.mac, "Pi", "Ltd"]
    assert "ipv4.method link-local" in complaints[1]
    assert not sent(bench, host)


@only_unix
def test_no_board_within_the_timeout(bench):
    host = bench.wire.add_host(ADDRESS)
    assert find(host, "--timeout", 1) == (1, [], ["no board on eth0"])
    assert find_json(host, "--timeout", 1) == (1, [])


@only_unix
def test_a_board_with_a_lease_is_found_by_its_name(bench, server):
    server.start()
    board = named(bench)
    board.until(board.LEASED, PATIENCE)
    lease = board.ask("nic.ifconfig()[0]")
    code, (found,) = find_json(server.host)
    assert (code, found["address"], found["mac"]) == (0, lease, board.mac)


@only_unix
def test_a_missing_interface_or_file_is_reported_in_a_line(bench):
    host = bench.wire.add_host(ADDRESS)
    with Viewer(host, "--find", "eth7") as viewer:
        assert viewer.end() == (2, [], ['no interface "eth7"; the interfaces are lo, eth0'])
    host.run(*"ip tuntap add mode tun name tun0".split())
    with Viewer(host, "--live", "tun0") as viewer:
        assert viewer.end() == (2, [], ["tun0 is down: type ip link set tun0 up"])
    host.run(*"ip link set tun0 up".split())
    with Viewer(host, "--live", "tun0") as viewer:
        assert viewer.end() == (2, [], ["tun0 is not an Ethernet interface"])
    with Viewer(host, "--live", "eth0", "--save", "/nowhere/file") as viewer:
        assert viewer.end() == (2, [], ["/nowhere/file: No such file or directory"])


@only_unix
def test_make_find(bench):
    board = named(bench)
    address = board.claim(delay=200)
    host = bench.wire.add_host(ADDRESS)
    code, output = make(host, "find", "NIC=eth0", "JSON=1", "TIMEOUT=60")
    assert code == 0 and json.loads(output)[0]["address"] == address
    code, output = make(host, "find", "NIC=no 'such\" one")
    assert code == 2 and output.startswith('no interface "no \'such" one"; the interfaces are lo, eth0\n')


def make(host, *arguments):
    """The exit code and the output of make on the host."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    with host.namespace.inside():
        done = subprocess.run(
            ["make", *arguments],
            cwd=ROOT,
            env=environment | {"HANDED_BACK": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=2 * PATIENCE,
        )
    return done.returncode, done.stdout


# Live


@only_unix
def test_boards_that_appear_move_and_disappear(bench, tmp_path):
    host = bench.wire.add_host(ADDRESS)
    saved = tmp_path / "saved.pcapng"
    with Viewer(host, "--live", "eth0", "--save", saved) as viewer:
        viewer.wait_for("has", PEER)  # the viewer asks
        board = bench.board()
        first = board.claim(delay=200)
        viewer.wait_for(board.mac, f"claims {first}")
        bench.wire.send(announcement(first))
        board.expect("defended")
        viewer.wait_for(f"defends {first} against {ADVERSARY_MAC}")
        bench.wire.send(announcement(first))
        board.expect("lost")
        second = board.expect("bound")["address"]
        viewer.wait_for(f"moves from {first} to {second}")
        bench.capture.wait_for(is_arp("announcement", board.mac, second))
        board.set_link(False)
        viewer.wait_for(f"does not answer at {second} any more", timeout=2 * PATIENCE)
        code, lines, complaints = viewer.interrupt()
    assert (code, complaints) == (0, [])
    assert lines[-1].startswith("3 hosts, 2 conflicts, ") and lines[-1].endswith(f", saved in {saved}")
    assert sent(bench, host)
    events = [
        (event.kind, event.address)
        for event in autoip_view.read(saved).protocol_events()
        if event.host == board.mac
    ]
    assert ("defence", first) in events and ("move", second) in events


@only_unix
def test_two_hosts_with_one_name(bench):
    board = named(bench)
    address = board.claim(delay=200)
    host = bench.wire.add_host(ADDRESS)
    other = "169.254.77.7"
    with Viewer(host, "--find", "eth0", "--json", "--timeout", PATIENCE) as viewer:
        bench.capture.wait_for(lambda frame: frame.source == host.mac and UDP in frame.packet)
        bench.wire.send(mdns_response(ADVERSARY_MAC, other, f"{DEFAULT_NAME}.local."))
        code, lines, _ = viewer.end()
    assert code == 0
    text = "".join(lines)
    assert text.count(f'"{DEFAULT_NAME}.local"') == 2 and address in text and other in text


@only_unix
def test_the_cable_is_pulled_and_the_interface_removed(bench):
    host = bench.wire.add_host(ADDRESS)
    with Viewer(host, "--live", "eth0") as viewer:
        viewer.wait_for("has", PEER)
        bench.wire.set_link(host.port, False)
        host.run(*"ip link set eth0 down".split())
        host.run(*"ip link set eth0 up".split())
        bench.wire.set_link(host.port, True)
        bench.wire.wait_for_port(host.port)
        host.wait_until_up()

        def is_seen():
            # The viewer's socket fails when the interface goes down. The viewer loses frames that come before
            # it has a new socket.
            bench.wire.send(announcement(LAST, WITNESS))
            time.sleep(QUIET)
            return any(f"claims {LAST}" in line for line in viewer.lines)

        wait_until(is_seen, "the viewer receives nothing after the interface was down")
        host.run(*"ip link del eth0".split())
        code, lines, complaints = viewer.end()
    assert (code, complaints) == (2, ["eth0 is gone"])
    assert " host" in lines[-1]


# A hostile link

ESCAPE = "\x1b]0;owned\x07\x1b[2J\u202e$\\frac{1}{0}$[bold]"


def hostile_frames(number):
    """Frames that no host should send."""
    chance = random.Random(number)
    address = f"169.254.66.{number % 250}"
    whole = mdns_response(ADVERSARY_MAC, address, f"evil{ESCAPE}.local.")
    raw = bytearray(bytes(whole))
    raw[chance.randrange(42, len(raw))] = chance.randrange(256)
    yield whole
    yield bytes(raw)
    yield bytes(raw)[: chance.randrange(14, len(raw))]
    yield bytes(announcement(address))[: chance.randrange(14, 42)]
    yield Ether(src=ADVERSARY_MAC, dst=BROADCAST) / ARP(op=7, hwlen=200, plen=9)
    yield (
        Ether(src=ADVERSARY_MAC, dst=MDNS_MAC)
        / IP(src=address, dst=MDNS_GROUP)
        / UDP(sport=5353, dport=5353)
        / (chance.randbytes(chance.randrange(60)))
    )
    yield (
        Ether(src=ADVERSARY_MAC, dst=BROADCAST)
        / IP(src=ANY, dst="255.255.255.255")
        / UDP(sport=68, dport=67)
        / (
            bytes([1, 1, 6, 0])
            + bytes(24)
            + bytes.fromhex("020000000009")
            + bytes(202)
            + b"\x63\x82\x53\x63"
            + bytes([12, 9])
            + b"a\x1b[31m.b\n"
            + bytes([12, 255])
        )
    )


@only_unix
def test_control_characters_from_the_link_never_reach_the_terminal(bench, tmp_path):
    host = bench.wire.add_host(ADDRESS)
    svg = tmp_path / "picture.svg"
    child = on_a_terminal(host, "--live", "eth0", "--svg", str(svg))
    try:
        child.expect("eth0")
        for number in range(100):
            for frame in hostile_frames(number):
                bench.wire.send(frame)
        bench.wire.send(announcement(LAST, WITNESS))
        child.expect(f"claims {LAST}")
        shown = child.before + child.after
        child.sendintr()
        child.expect(r"\d+ hosts, \d+ conflicts?, \d+ frames in 00:\d\d:\d\d\r\n")
        child.expect(pexpect.EOF)
        child.wait()
    finally:
        child.close(force=True)
    assert child.exitstatus == 0
    assert b"evil?]0;owned??[2J?" in shown
    for raw in (b"\x1b]0", b"\x07", "\u202e".encode(), b"\x1b[2J"):
        assert raw not in shown
    assert svg.stat().st_size
    sent(bench, host)


@only_unix
def test_control_characters_from_the_link_never_reach_json(bench):
    host = bench.wire.add_host(ADDRESS)
    with Viewer(host, "--find", "eth0", "--json") as viewer:
        bench.capture.wait_for(lambda frame: frame.source == host.mac and ICMP in frame.packet)
        for frame in hostile_frames(1):
            bench.wire.send(frame)
        code, lines, _ = viewer.end()
    assert code == 0
    assert all(line.isascii() and line.isprintable() for line in lines)
    assert "evil?]0;owned" in "".join(lines)


@only_unix
def test_a_name_counts_for_the_address_of_its_sender_only(bench):
    board = bench.board()
    address = board.claim(delay=200)
    host = bench.wire.add_host(ADDRESS)
    with Viewer(host, "--live", "eth0") as viewer:
        viewer.wait_for("has", PEER)
        bench.wire.send(mdns_response(ADVERSARY_MAC, "169.254.77.7", "bank.local.", rdata=address))
        bench.wire.send(announcement(LAST, WITNESS))
        viewer.wait_for(f"claims {LAST}")
        _, lines, _ = viewer.interrupt()
    assert not [line for line in lines if "bank" in line]
