# SPDX-License-Identifier: MIT
"""The viewer runs as a program, with files that are captures and with other files."""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from links import ONE, TWO, A, B, claim, ping, story
from scapy.utils import PcapNgWriter, PcapWriter, RawPcapWriter
from wire.board import ROOT
from wire.frames import announcement, probe

import autoip_view

CLAIMS = sorted(claim(A, ONE) + claim(B, TWO, 0.25) + [(9, announcement(A, TWO))], key=lambda each: each[0])
WRITERS = {
    "pcap": PcapWriter,
    "nanoseconds": lambda path: PcapWriter(path, nano=True),
    "pcapng": PcapNgWriter,
}


@pytest.fixture(params=WRITERS)
def capture(request, tmp_path):
    return write(tmp_path / "capture", WRITERS[request.param], CLAIMS)


def write(path, writer, timed):
    """Write a file with frames, each (s, frame)."""
    with writer(str(path)) as file:
        for at, frame in timed:
            frame.time = 1_700_000_000 + at
            file.write(frame)
    return path


def view(*arguments, python=()):
    """Run the program. Returns (exit code, stdout, stderr)."""
    command = [sys.executable, *python, "-m", "autoip_view", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def refused(*arguments, **options):
    """Returns the only line that the program prints on stderr."""
    code, result, complaint = view(*arguments, **options)
    assert (code, result) == (2, "")
    (line,) = complaint.splitlines()
    return line


def test_a_file_gives_the_events_of_its_frames(capture):
    read = autoip_view.read(capture)
    assert read.frames == len(CLAIMS)
    expected = story(*CLAIMS).events
    assert [(e.host, e.kind, e.address) for e in read.events] == [
        (e.host, e.kind, e.address) for e in expected
    ]
    for one, other in zip(read.events, expected, strict=True):
        assert one.time == pytest.approx(other.time, abs=1e-5)


def test_the_timeline(capture):
    code, result, complaint = view(capture)
    assert (code, complaint) == (0, "")
    lines = [line.split(maxsplit=3) for line in result.splitlines()]
    assert ["5.000", "s", ONE, f"claims {A}, 2.000 s later"] in lines
    assert ["9.000", "s", TWO, f"uses {A}, which {ONE} holds"] in lines
    assert f"{TWO}   holds   {B}" in result


def test_the_picture(capture, tmp_path):
    picture = tmp_path / "picture.svg"
    assert view(capture, "--svg", picture)[0] == 0
    text = "".join(ElementTree.parse(picture).getroot().itertext())
    for each in (ONE, TWO, A, B, "probe", "claim", "conflict", "probes the address", "announces the address"):
        assert each in text
    assert "defence" not in text and "denial" not in text
    first = picture.read_bytes()
    assert view(capture, "--svg", picture)[0] == 0
    assert picture.read_bytes() == first


def test_the_name_of_the_picture_is_printed_and_determines_its_format(capture, tmp_path):
    picture = tmp_path / "picture.png"
    code, result, _ = view(capture, "--svg", picture)
    assert code == 0 and result.endswith(f"picture: {picture}\n")
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_number_of_lanes_is_limited(tmp_path):
    hosts = [(i, probe(A, f"28:cd:c1:00:01:{i:02x}")) for i in range(60)]
    autoip_view.draw(story(*hosts), tmp_path / "picture.svg")
    assert "the first 40 of 60 hosts" in (tmp_path / "picture.svg").read_text()


def test_no_such_file(tmp_path):
    assert refused(tmp_path / "none") == f"{tmp_path}/none: No such file or directory"
    assert refused(tmp_path) == f"{tmp_path}: Is a directory"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a", b"no capture" * 99]
)
def test_a_file_that_is_not_a_capture(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert refused(path) == f"{path}: not a pcap or pcapng file"


def test_no_arp(tmp_path):
    path = write(tmp_path / "file", PcapWriter, [(0, ping("10.0.0.1", "10.0.0.2", ONE))])
    assert refused(path) == f"{path}: no ARP for IPv4 in its 1 frames"


def test_a_very_long_frame_is_not_an_error(tmp_path):
    path = tmp_path / "file"
    with PcapWriter(str(path), linktype=1) as file:
        file.write_header(None)
        file.write_packet(bytes(100_000), sec=0, usec=0)
        file.write_packet(bytes(probe(A, ONE)), sec=1, usec=0)
    assert [event.kind for event in autoip_view.read(path).events] == ["probe"]


def test_another_link_type(tmp_path):
    with RawPcapWriter(str(tmp_path / "file"), linktype=105) as file:
        file.write(b"radio")
    assert "unknown link type 105" in refused(tmp_path / "file")


def test_malformed_frames_are_counted(tmp_path):
    cut = probe(A, ONE).__class__(bytes(probe(A, ONE))[:30])
    path = write(tmp_path / "file", PcapWriter, [*CLAIMS, (10, cut)])
    code, result, _ = view(path)
    assert code == 0 and result.splitlines()[-1] == "1 malformed ARP frames"
    path = write(tmp_path / "other", PcapWriter, [(0, cut)])
    assert refused(path).endswith("no ARP for IPv4 in its 1 frames, 1 malformed")


def test_the_events_before_the_end_of_a_damaged_file_are_printed(capture):
    whole = capture.read_bytes()
    capture.write_bytes(whole[:-5])
    code, result, complaint = view(capture)
    assert code == 2
    assert f"claims {A}" in result
    assert complaint.startswith(f"{capture}: cut off or damaged after") and complaint.count("\n") == 1


def test_a_picture_that_cannot_be_written(capture, tmp_path):
    code, _, complaint = view(capture, "--svg", tmp_path / "picture.jpg")
    reason = "the file name of a picture must end in .svg or .png"
    assert (code, complaint) == (2, f"{tmp_path}/picture.jpg: {reason}\n")
    code, _, complaint = view(capture, "--svg", tmp_path / "none" / "picture.svg")
    assert (code, complaint) == (2, f"{tmp_path}/none/picture.svg: No such file or directory\n")


def test_without_the_libraries(capture):
    assert refused(capture, python=["-S"]) == "scapy is not installed: pip install scapy"


def test_the_program_that_reads_the_output_ends_early(capture):
    command = f"{sys.executable} -m autoip_view {capture} | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == "" and "probes" in done.stdout


@settings(deadline=None)
@given(st.data())
def test_a_damaged_file_raises_only_a_capture_error(tmp_path_factory, data):
    """The captures have a few changed bytes or a missing end. read() returns a story, or raises a one-line
    error.
    """
    folder = tmp_path_factory.getbasetemp()
    writer = data.draw(st.sampled_from([PcapWriter, PcapNgWriter]))
    content = bytearray(write(folder / "whole", writer, CLAIMS).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "damaged").write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        autoip_view.read(folder / "damaged")
    except autoip_view.CaptureError as error:
        assert len(str(error).splitlines()) == 1
