# SPDX-License-Identifier: MIT
"""After a stop, a soft reset or an exception, nothing of a service is left. Most tests use sanitizers."""

import functools
import os
import pathlib
from subprocess import PIPE

import pytest
from elftools.elf.elffile import ELFFile
from wire.board import SANITIZED as FOLDER
from wire.dhcp import DhcpServer
from wire.wire import Wire

SCRIPTS = pathlib.Path(__file__).parent  # the programs that run on the board
ROOT = SCRIPTS.parents[1]
PLAIN = ROOT / "build/UNIX_TAP/micropython"
SANITIZED = ROOT / f"build/UNIX_TAP{FOLDER}/micropython"
TASK = ROOT / f"build/UNIX_TASK{FOLDER}/micropython"

# Fields of the netif that lwIP's IPv6 code changes with time.
IPV6_TIME = {"ip6_addr_state", "ip6_addr_valid_life", "ip6_addr_pref_life", "rs_count"}


def start(wire, firmware, script, *arguments, options=()):
    return wire.namespace.popen(
        [firmware, *options, SCRIPTS / script, wire.add_tap(), *map(str, arguments)],
        env=dict(os.environ, ASAN_OPTIONS="detect_leaks=1"),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
    )


def finish(board):
    out, errors = board.communicate(timeout=250)
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
    """Returns {name of a member: slice of its bytes}, from the debug information. "": the whole struct."""
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
    # B33
    with open(SANITIZED, "rb") as file:
        elf = ELFFile(file)
        default = symbol_offset(elf, "netif_default")
        members = struct_members(elf, "netif")
    growth, before, after = run(SANITIZED, "start_stop.py", default, members[""].stop)
    before, after = bytes.fromhex(before), bytes.fromhex(after)
    changed = {name for name, place in members.items() if before[place] != after[place]} - {""}
    assert changed - IPV6_TIME == set()
    assert int(growth) == 0


@pytest.mark.parametrize("firmware", [PLAIN, SANITIZED, TASK], ids=["plain", "sanitized", "task"])
def test_a_hundred_soft_resets_leave_nothing_behind(firmware):
    early, late, end = run(firmware, "soft_reset.py")
    assert end == "end of life 101"
    if firmware == PLAIN:  # the sanitizer does not free memory at once
        assert int(late) - int(early) < 100  # KiB


SITUATIONS = ["link-local", "lease", "static", "old", "old and force"]
LINK_LOCAL = "169.254.20.20"


@functools.cache
def netif_list():
    """The address of lwIP's list of interfaces in the program, and the offsets of `next` and `name` in its
    entries.
    """
    with open(SANITIZED, "rb") as file:
        elf = ELFFile(file)
        members = struct_members(elf, "netif")
        return symbol_offset(elf, "netif_list"), members["next"].start, members["name"].start


class Situation:
    """A board that runs end_of_service.py, and a peer that is also the DHCP server.

    situation, end: the arguments of end_of_service.py.
    """

    def __init__(self, wire, log, situation, end):
        self._server = DhcpServer(wire, log)
        self._server.host.run("ip", "addr", "add", "169.254.7.7/16", "dev", "eth0")
        self._situation = situation
        if situation not in ("link-local", "static"):
            self._server.start()
        options = ["-i"] if end == "exception" else []  # -i: after the exception, the REPL runs
        self.board = start(
            wire, SANITIZED, "end_of_service.py", situation, end, *netif_list(), options=options
        )

    def close(self):
        self.board.kill()
        self._server.close()

    def send_line(self, line=""):
        self.board.stdin.write(line + "\n")
        self.board.stdin.flush()

    def assert_runs(self):
        """The board answers for the addresses that it must have while the service runs."""
        active, address, interfaces = self._shown()
        held = self._situation != "old"
        assert active and (address == LINK_LOCAL) == (self._situation == "link-local")
        assert interfaces.count("ll") == held
        assert self._answers(LINK_LOCAL) if held else self._is_silent(LINK_LOCAL)
        assert self._answers(address)

    def assert_removed(self):
        assert self._shown() == (False, "0.0.0.0", [])
        assert self._is_silent(LINK_LOCAL)

    def assert_nothing_left(self):
        """The interface is as it was before start()."""
        active, address, interfaces = self._shown()
        assert active and interfaces == ["e0"]
        assert self._is_silent(LINK_LOCAL)
        if self._situation == "link-local":
            assert address == "0.0.0.0"
        else:
            assert address.startswith("10.0.0.") and self._answers(address)

    def _shown(self):
        """(is the interface active, its address, the names in lwIP's list of interfaces)"""
        for line in self.board.stdout:
            if line.startswith(("True ", "False ")):  # other lines are the output of the REPL
                active, address, *interfaces = line.split()
                return active == "True", address, interfaces
        raise EOFError(self.board.stderr.read())

    def _answers(self, address):
        self._server.host.run("ip", "neigh", "flush", "all")
        return self._server.host.ping(address)

    def _is_silent(self, address):
        self._server.host.run("ip", "neigh", "flush", "all")
        return self._server.host.gets_no_answer(address)


@pytest.fixture
def situation(tmp_path, request):
    with Wire() as wire:
        situation = Situation(wire, tmp_path / "dhcp.log", *request.param)
        yield situation
        situation.close()


def situations(end):
    return pytest.mark.parametrize(
        "situation", [(each, end) for each in SITUATIONS], indirect=True, ids=SITUATIONS
    )


@situations("soft reset")
def test_a_soft_reset_leaves_no_alias(situation):
    situation.assert_runs()
    situation.send_line()
    situation.assert_nothing_left()
    finish(situation.board)


@situations("removal")
def test_the_removal_of_the_interface_leaves_no_alias(situation):
    situation.assert_runs()
    situation.send_line()
    situation.assert_removed()
    situation.send_line()
    situation.assert_removed()  # also after the soft reset
    finish(situation.board)


@situations("exception")
def test_an_exception_keeps_the_service_and_the_next_soft_reset_leaves_no_alias(situation):
    """After the exception, the REPL runs, and the service continues. A soft reset ends the service."""
    situation.assert_runs()
    situation.send_line()
    situation.send_line("show()")
    situation.assert_runs()
    situation.send_line()
    situation.send_line("machine.soft_reset()")
    situation.assert_nothing_left()
    _, errors = situation.board.communicate(timeout=250)
    assert situation.board.returncode == 0
    # MicroPython 1.29 prints the program's own exception on stdout, older versions on stderr.
    assert errors.count("Error") == errors.count("RuntimeError: user code\n") <= 1
