# SPDX-License-Identifier: MIT
"""The live viewer without a network: many hosts, a flood, a pipe, the screen and the recording."""

import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import types

import pytest
from links import BEGIN, ONE, TWO, A, B, claim, story
from many_hosts import address_of, crowd, mac_of
from rich.console import Console
from scapy.utils import PcapNgWriter, RawPcapWriter
from test_names import discover
from wire.board import ROOT
from wire.frames import announcement, mdns_response, probe, request
from wire.waiting import PATIENCE

import autoip_view
from autoip_view import Story, find, live, screen
from autoip_view.capture import CaptureError, Recording, stream

HEIGHT, WIDTH = 40, 130


def listened(frames, **options):
    """A Live that has received all these frames (s since 1970, bytes)."""
    heard = live.Live(((at, 1, raw) for at, raw in frames), **options)
    while not heard.ended:
        heard.listen(PATIENCE)
    return heard


def shown(heard, width=WIDTH, height=HEIGHT):
    """The lines of the screen."""
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    console.print(screen.Screen(heard, "eth0"))
    return console.file.getvalue().splitlines()


def of(*timed):
    return [(BEGIN + at, bytes(frame)) for at, frame in sorted(timed, key=lambda each: each[0])]


# Many hosts


def test_a_thousand_hosts_are_all_known():
    heard = listened(crowd(1000))
    boards = find.find(heard, 0) or [find._about(host) for host in heard.boards()]
    assert len(boards) == 1000
    assert {"address": address_of(999), "name": "board999.local", "mac": mac_of(999)}.items() <= boards[
        -1
    ].items()
    lines = shown(heard)
    assert len(lines) <= HEIGHT and any("more" in line for line in lines)
    assert "1000 found" in lines[0]


def cpu_time(action):
    start = time.process_time()
    action()
    return time.process_time() - start


def test_a_thousand_hosts_are_not_slow():
    """Per host, the frames of 1,000 hosts take less than ten times as long as those of ten hosts. A screen
    with 1,000 hosts takes less than ten times as long as a screen with ten hosts.
    """
    few, many = crowd(10), crowd(1000)
    hundred = cpu_time(lambda: [listened(few) for _ in range(100)])
    assert cpu_time(lambda: listened(many)) < 10 * hundred
    small, large = listened(few), listened(many)
    ten = cpu_time(lambda: [shown(small) for _ in range(10)])
    assert cpu_time(lambda: [shown(large) for _ in range(10)]) < 10 * ten


def test_the_memory_of_a_flood_is_bounded():
    """Each frame has a different sender and a different address. The story still has the last host."""
    chance = random.Random(1)
    result = Story(keep=100)
    for number in range(20_000):
        mac = f"02:{chance.randbytes(5).hex(':')}"
        address = f"{chance.randrange(1, 224)}.{chance.randrange(256)}.{chance.randrange(256)}.1"
        frame = chance.choice([probe, announcement, lambda a, m: request(a, B, m)])(address, mac)
        result.add(BEGIN + number / 1000, bytes(frame))
    tables = [result.events, result.hosts, result._holders, result._probing, result._conflicts, result._steps]
    assert max(map(len, tables)) <= 200
    result.add(BEGIN + 30, bytes(announcement(A, ONE)))
    assert result.hosts[ONE].held == A
    assert result.dropped + len(result.events) >= 20_000


@pytest.mark.parametrize("one_host", [True, False])
def test_a_flood_from_one_host_or_for_one_address_is_bounded(one_host):
    chance = random.Random(2)
    result = Story(keep=100)
    for number in range(5_000):
        mac = ONE if one_host else f"02:{chance.randbytes(5).hex(':')}"
        address = f"169.254.{chance.randrange(1, 255)}.{chance.randrange(256)}" if one_host else A
        result.add(BEGIN + number / 1000, bytes(chance.choice([probe, announcement])(address, mac)))
    assert all(len(host.holdings) <= 17 for host in result.hosts.values())
    assert all(len(each) <= 201 for each in result._probing.values())
    assert len(result._holders) <= 200
    autoip_view.draw(result, io.BytesIO())


# The screen


def row_of(mac, lines):
    return next(line for line in lines if mac in line)


@pytest.mark.parametrize(
    ("word", "now", "timed"),
    [
        ("probing", 2, [(0, probe(A, ONE))]),
        ("silent", 60, [(0, probe(A, ONE))]),
        ("holds", 8, claim(A, ONE)),
        ("conflict", 12, [*claim(A, ONE), (11, announcement(A, TWO))]),
        ("defends", 12, [*claim(A, ONE), (11, announcement(A, TWO)), (11.1, announcement(A, ONE))]),
        ("holds", 30, [*claim(A, ONE), (11, announcement(A, TWO)), (11.1, announcement(A, ONE))]),
        (
            "defends",
            14,
            [
                *claim(A, ONE),
                (11, announcement(A, TWO)),
                (12, announcement(A, ONE)),
                (13, announcement(A, ONE)),
            ],
        ),
        (
            "conflict",
            16,
            [
                *claim(A, ONE),
                (11, announcement(A, TWO)),
                (12, announcement(A, ONE)),
                (15, announcement(A, TWO)),
            ],
        ),
        ("probing", 13, [*claim(A, ONE), (11, announcement(A, TWO)), (11.1, probe(B, ONE))]),
        ("asks DHCP", 5, [(0, discover(ONE, b"lamp"))]),
    ],
)
def test_the_state_of_a_host(word, now, timed):
    assert screen.state(story(*timed).hosts[ONE], BEGIN + now) == word


def test_the_states_of_a_host_that_lost_its_address_and_of_a_gone_host():
    result = story(*claim(A, ONE), (11, announcement(A, TWO)), (12, probe(B, ONE)))
    assert screen.state(result.hosts[ONE], BEGIN + 12) == "probing"
    result = story(*claim(A, ONE))
    result.gone(BEGIN + 30, ONE)
    result.gone(BEGIN + 31, ONE)
    assert screen.state(result.hosts[ONE], BEGIN + 31) == "gone"
    assert [event.kind for event in result.events].count("gone") == 1
    assert result.hosts[ONE].holdings[0].end == BEGIN + 30


def test_two_hosts_with_one_name_are_marked():
    frames = [
        *claim(A, ONE),
        *claim(B, TWO),
        (8, mdns_response(ONE, A, "lamp.local.")),
        (9, mdns_response(TWO, B, "lamp.local.")),
    ]
    lines = shown(listened(of(*frames)))
    assert "lamp.local (2 hosts)" in row_of(ONE, lines) and "lamp.local (2 hosts)" in row_of(TWO, lines)


def test_the_row_of_a_host():
    lines = shown(listened(of(*claim(A, ONE), (8, mdns_response(ONE, A, "lamp.local.")))))
    cells = row_of(ONE, lines).split()
    assert cells[:2] == [A, "holds"] and "lamp.local" in cells and "Raspberry" in cells and cells[-1] == "0"


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (200, 60)])
def test_the_screen_fits(size):
    width, height = size
    lines = shown(listened(crowd(50)), width, height)
    assert len(lines) <= max(height, 17) and max(map(len, lines)) <= width


def link(**attributes):
    given = {
        "name": "eth0",
        "mac": TWO,
        "ipv4": "",
        "ipv6": "",
        "refresh": lambda: None,
        "send": lambda frame: None,
    }
    return types.SimpleNamespace(**given | attributes)


def test_the_screen_of_a_host_without_a_link_local_address_shows_a_command():
    assert any("nmcli connection add" in line for line in shown(listened([], link=link())))
    assert any("ipv4.link-local enabled" in line for line in shown(listened([], link=link(ipv4="10.0.0.5"))))
    assert not any("nmcli" in line for line in shown(listened([], link=link(ipv4=B))))


# Find


def test_the_lines_of_find_are_columns():
    boards = [
        {"address": "169.254.1.2", "name": None, "mac": ONE, "vendor": None},
        {"address": "169.254.100.200", "name": "lamp.local", "mac": TWO, "vendor": "Wiznet"},
    ]
    assert find.lines(boards) == [
        f"169.254.1.2      -           {ONE}  -",
        f"169.254.100.200  lamp.local  {TWO}  Wiznet",
    ]
    assert find.lines([]) == []
    assert json.loads(find.as_json(boards)) == boards


# Pipes and recordings


def pipe(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "autoip_view", "-", *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def captured(timed):
    """The bytes of a pcap file."""
    with tempfile.NamedTemporaryFile() as file:
        with RawPcapWriter(file.name, linktype=1) as writer:
            writer.write_header(None)
            for at, raw in timed:
                writer.write_packet(raw, sec=int(at), usec=int(at % 1 * 1e6))
        return file.read()


def test_frames_of_a_pipe_are_shown_as_they_come():
    with pipe() as program:
        whole = captured(of(*claim(A, ONE)))
        program.stdin.write(whole[:-5])
        program.stdin.flush()
        lines = [program.stdout.readline().decode() for _ in range(4)]
        assert f"claims {A}, 2.000 s later" in lines[3]
        program.stdin.write(whole[-5:])
        program.stdin.close()
        assert program.wait(PATIENCE) == 0
        last, summary = program.stdout.read().decode().splitlines()
        assert f"announces {A}" in last and summary.startswith("1 host, 0 conflicts, 5 frames in ")
        assert program.stderr.read() == b""


def test_a_pipe_that_ends_early_and_one_that_is_not_a_capture():
    whole = captured(of(*claim(A, ONE)))
    for content, complaint in (
        (whole[:-5], "cut off or damaged"),
        (b"no capture", "not a pcap or pcapng file"),
    ):
        with pipe() as program:
            out, errors = program.communicate(content, PATIENCE)
            assert program.returncode == 2 and complaint in errors.decode() and errors.count(b"\n") == 1
            assert b" host" in out


def test_a_pipe_of_a_thousand_hosts(tmp_path):
    saved = tmp_path / "saved.pcapng"
    with pipe("--save", saved, "--svg", tmp_path / "picture.svg") as program:
        out, errors = program.communicate(captured(crowd(1000)), 2 * PATIENCE)
    assert (program.returncode, errors) == (0, b"")
    summary, picture = out.decode().splitlines()[-2:]
    assert summary.startswith("1,000 hosts, 0 conflicts, 7,") and picture.startswith("picture: ")
    assert len(autoip_view.read(saved).hosts) == 1000
    assert "the first 40 of" in (tmp_path / "picture.svg").read_text()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files to another user"
)
def test_files_written_with_sudo_belong_to_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("SUDO_UID", "12345")
    monkeypatch.setenv("SUDO_GID", "12345")
    files = tmp_path / "saved.pcapng", tmp_path / "picture.svg"
    with pipe("--save", files[0], "--svg", files[1]) as program:
        program.communicate(captured(of(*claim(A, ONE))), PATIENCE)
    assert program.returncode == 0
    assert [(file.stat().st_uid, file.stat().st_gid) for file in files] == [(12345, 12345)] * 2


def test_a_recording_has_the_frames_that_are_understood(tmp_path):
    recording = Recording(tmp_path / "saved.pcapng")
    heard = listened([*of(*claim(A, ONE)), (BEGIN + 9, bytes(60))], recording=recording)
    assert heard.story.frames == 6
    read = autoip_view.read(
        tmp_path / "saved.pcapng"
    )  # before it is closed, because each frame is in the file at once
    recording.close()
    assert read.frames == 5
    assert [(e.kind, pytest.approx(e.time, abs=1e-5)) for e in heard.story.events] == [
        (e.kind, e.time) for e in read.events
    ]


def test_a_recording_keeps_the_link_types_apart(tmp_path):
    recording = Recording(tmp_path / "saved.pcapng")
    for link_type in (1, 276, 1):
        recording.write(BEGIN, link_type, bytes([link_type & 255]) * 20)
    recording.close()
    with open(tmp_path / "saved.pcapng") as file:
        assert [(link_type, raw[0]) for _, link_type, raw in stream(file.fileno())] == [
            (1, 1),
            (276, 20),
            (1, 1),
        ]


def test_a_recording_without_frames_is_a_capture(tmp_path):
    Recording(tmp_path / "saved.pcapng").close()
    with pytest.raises(CaptureError, match="in its 0 frames"):
        autoip_view.read(tmp_path / "saved.pcapng")


def test_a_pipe_of_an_unknown_link_type_is_refused(tmp_path):
    path = tmp_path / "radio"
    with RawPcapWriter(str(path), linktype=105) as writer:
        writer.write(b"radio")
    with open(path) as file, pytest.raises(CaptureError, match="unknown link type 105"):
        list(stream(file.fileno()))


def test_a_pcapng_of_dumpcap_is_read_from_a_pipe(tmp_path):
    path = tmp_path / "capture.pcapng"
    with PcapNgWriter(str(path)) as writer:
        for at, frame in claim(A, ONE):
            frame.time = BEGIN + at
            writer.write(frame)
    with path.open("rb") as file, pipe() as program:
        out, errors = program.communicate(file.read(), PATIENCE)
    assert (program.returncode, errors) == (0, b"") and f"claims {A}" in out.decode()
