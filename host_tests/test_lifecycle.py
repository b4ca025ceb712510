"""Start, stop, soft reset and an exception leave nothing behind: on the real board, with sanitizers."""

import os
import pathlib

import pytest
from elftools.elf.elffile import ELFFile
from wire.wire import Wire

ROOT = pathlib.Path(__file__).parents[1]
PLAIN = ROOT / "build/UNIX_TAP/micropython"
SANITIZED = ROOT / "build/UNIX_TAP-sanitize/micropython"
SCRIPTS = ROOT / "host_tests/lifecycle"

# Fields of the netif that lwIP's IPv6 writes in its own time.
IPV6_TIME = {"ip6_addr_state", "ip6_addr_valid_life", "ip6_addr_pref_life", "rs_count"}


def run(firmware, script, *arguments):
    with Wire() as wire:
        tap = wire.add_tap()
        board = wire.namespace.popen(
            [firmware, SCRIPTS / script, tap, *map(str, arguments)],
            env=dict(os.environ, ASAN_OPTIONS="detect_leaks=1"),
            stdout=-1,
            stderr=-1,
            text=True,
        )
        try:
            out, errors = board.communicate(timeout=120)
        finally:
            board.kill()
    assert board.returncode == 0 and not errors, (board.returncode, out, errors)
    return out.splitlines()


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
                member.decode(): slice(start, end)
                for (start, member), end in zip(starts, ends, strict=True)
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


def test_an_exception_in_user_code_and_a_soft_reset_free_the_address():
    assert run(SANITIZED, "exceptions.py") == ["True 0.0.0.0"]
