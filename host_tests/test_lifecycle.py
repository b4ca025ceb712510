"""Start, stop, soft reset and an exception leave nothing behind: on the real board, with sanitizers."""

import os
import pathlib
from subprocess import PIPE

import pytest
from elftools.elf.elffile import ELFFile
from wire.dhcp import DhcpServer
from wire.wire import Wire

ROOT = pathlib.Path(__file__).parents[1]
PLAIN = ROOT / "build/UNIX_TAP/micropython"
SANITIZED = ROOT / "build/UNIX_TAP-sanitize/micropython"
SCRIPTS = ROOT / "host_tests/lifecycle"

# Fields of the netif that lwIP's IPv6 writes in its own time.
IPV6_TIME = {"ip6_addr_state", "ip6_addr_valid_life", "ip6_addr_pref_life", "rs_count"}


def start(wire, firmware, script, *arguments):
    return wire.namespace.popen(
        [firmware, SCRIPTS / script, wire.add_tap(), *map(str, arguments)],
        env=dict(os.environ, ASAN_OPTIONS="detect_leaks=1"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
    )


def finish(board):
    out, errors = board.communicate(timeout=120)
    assert board.returncode == 0 and not errors, (board.returncode, out, errors)
    return out.splitlines()


def run(firmware, script, *arguments):
    with Wire() as wire:
        board = start(wire, firmware, script, *arguments)
        try:
            return finish(board)
        finally:
            board.kill()


def symbol_offset(elf, name):
    (symbol,) = elf.get_section_by_name(".symtab").get_symbol_by_name(name)
    return symbol["st_value"]


def struct_members(elf, name):
    """Member -> slice of the struct's bytes, from the debug information; "" is the whole struct."""
    for unit in elf.get_dwarf_info().iter_CUs():
        for entry in unit.iter_DIEs():
            attributes = entry.attributes
            if entry.tag != "DW_TAG_structure_type" or "DW_AT_byte_size" not in attributes:
                continue
            if attributes["DW_AT_name"].value != name.encode() if "DW_AT_name" in attributes else True:
                continue
            size = attributes["DW_AT_byte_size"].value
            starts = [
                (child.attributes["DW_AT_data_member_location"].value, child.attributes["DW_AT_name"].value)
                for child in entry.iter_children()
            ]
            ends = [start for start, _ in starts[1:]] + [size]
            members = {
                member.decode(): slice(start, end) for (start, member), end in zip(starts, ends, strict=True)
            }
            return {**members, "": slice(0, size)}
    raise LookupError(name)


def test_a_thousand_services_leave_the_interface_and_the_heap_as_they_were():
    with open(SANITIZED, "rb") as file:
        elf = ELFFile(file)
        default = symbol_offset(elf, "netif_default")
        members = struct_members(elf, "netif")
    growth, before, after = run(SANITIZED, "start_stop.py", default, members[""].stop)
    before, after = bytes.fromhex(before), bytes.fromhex(after)
    changed = {name for name, place in members.items() if before[place] != after[place]} - {""}
    assert changed - IPV6_TIME == set()
    assert int(growth) == 0


@pytest.mark.parametrize("firmware", [PLAIN, SANITIZED], ids=["plain", "sanitized"])
def test_a_hundred_soft_resets_leave_nothing_behind(firmware):
    early, late, end = run(firmware, "soft_reset.py")
    assert end == "end of life 101"
    if firmware == PLAIN:  # the sanitizer keeps freed memory aside
        assert int(late) - int(early) < 100  # KiB


@pytest.mark.parametrize("end", ["soft reset", "exception", "removal"])
@pytest.mark.parametrize("situation", ["link-local", "lease", "static", "old", "old and force"])
def test_no_alias_is_left_behind(tmp_path, situation, end):
    with Wire() as wire:
        server = DhcpServer(wire, tmp_path / "dhcp.log")
        server.host.run("ip", "addr", "add", "169.254.7.7/16", "dev", "eth0")
        if situation not in ("link-local", "static"):
            server.start()
        board = start(wire, SANITIZED, "situations.py", situation, end)
        try:
            active, address = board.stdout.readline().split()
            assert (active, address.rpartition(".")[0]) == {
                "removal": ("False", "0.0.0"),
            }.get(end, ("True", "0.0.0" if situation == "link-local" else "10.0.0"))
            assert not server.host.ping("169.254.20.20")
            if address != "0.0.0.0":
                assert server.host.ping(address)
            finish(board)
        finally:
            board.kill()
            server.close()
