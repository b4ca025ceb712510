# SPDX-License-Identifier: MIT
"""The public functions on a board: errors, callbacks, waiting, the option string, asyncio."""

import errno

import pytest

from .board import BoardError
from .frames import announcement, is_arp
from .waiting import PATIENCE

C = "169.254.20.20"
INACTIVE = f"OSError: {errno.ENODEV} no active interface; call nic.active(True)"
NO_NIC = "TypeError: nic: a network object, an lwIP name, or None"


@pytest.fixture
def board(bench):
    return bench.board()


def _assert_raises(board, error, code):
    with pytest.raises(BoardError) as raised:
        board.run(code)
    assert str(raised.value) == error


def test_start_needs_an_active_interface(board):
    board.run("nic.active(False)")
    for nic in ("nic", "None"):
        _assert_raises(board, INACTIVE, f"autoip.start({nic})")
    assert board.ask("autoip.get() is None")


@pytest.mark.parametrize("function", ["start", "stop", "get"])
def test_the_error_names_the_unknown_interface(board, function):
    for name in ("w0", "eth0", "e00", "e", ""):
        error = f"OSError: {errno.ENODEV} no interface '{name}'"
        _assert_raises(board, error, f"autoip.{function}({name!r})")


@pytest.mark.parametrize("function", ["start", "stop", "get"])
def test_value_that_is_not_an_interface_is_a_type_error(board, function):
    for nic in ("5", "type(nic)", "network", "b'e0'", "[nic]", "print"):
        _assert_raises(board, NO_NIC, f"autoip.{function}({nic})")


@pytest.mark.not_on_espressif("ESP-IDF has other interface names and error numbers")
@pytest.mark.parametrize("nic", ["nic", "None", "'e0'"])
def test_second_start_is_refused(board, nic):
    board.start(delay=200)
    error = f"OSError: {errno.EALREADY} e0 already has a service: autoip.get()"
    _assert_raises(board, error, f"autoip.start({nic})")
    board.expect("bound")


def test_bad_values_name_the_option_and_its_range(board):
    # R3927-2.1-b, X-41
    address = "ValueError: ip: 169.254.1.0 - 169.254.254.255"
    delay = "ValueError: delay: 1 - 8000 ms"
    for ip in (
        "169.254.0.255",
        "169.254.255.0",
        "10.0.0.1",
        "169.254.1",
        "169.254.1.256",
        "169.254.1.+1",
        "",
    ):
        _assert_raises(board, address, f"autoip.start(nic, ip={ip!r})")
    for value in ("0", "8001", "-1", "1.5", "'200'", "True", "None"):
        _assert_raises(board, delay, f"autoip.start(nic, delay={value})")
    board.run("async def asynchronous(event, svc): pass")
    for value in ("1", "asynchronous"):
        message = "TypeError: on_event: a function, not async def"
        _assert_raises(board, message, f"autoip.start(nic, on_event={value})")
    _assert_raises(board, "ValueError: remember: a path", "autoip.start(nic, remember='')")
    message = f"OSError: {errno.ENOENT} remember: can't write /no/such/file"
    _assert_raises(board, message, "autoip.start(nic, remember='/no/such/file')")
    _assert_raises(board, "TypeError: options: a string", "autoip.mount(5)")
    assert board.ask("autoip.get(nic) is None")


@pytest.mark.not_on_espressif("ESP-IDF has other interface names and error numbers")
@pytest.mark.parametrize(
    ("options", "error"),
    {
        "if=e0,spam": "spam: unknown option",
        "if=e0,delay=9000": "delay: 1 - 8000 ms",
        "if=e0,delay=fast": "delay: 1 - 8000 ms",
        "if=e0,delay": "delay: needs a value",
        "if=e0,abandon=1": "abandon: takes no value",
        "if=e0,debug,debug": "debug: given twice",
        "if=e0,,debug": "'': unknown option",
        "if=e0,ip=10.0.0.1": "ip: 169.254.1.0 - 169.254.254.255",
    }.items(),
)
def test_malformed_option_string(board, options, error):
    _assert_raises(board, f"ValueError: {error}", f"autoip.mount({options!r})")


@pytest.mark.not_on_espressif("ESP-IDF has other interface names and error numbers")
def test_option_string(board):
    board.run(f"svc = autoip.mount('if=e0,ip={C},debug,delay=200,abandon')")
    assert board.ask("svc.wait(PATIENCE * 1000)") == C
    assert board.ask("autoip.get(nic) is svc and autoip.get('e0') is svc and autoip.get() is svc")


def test_callback_that_raises_changes_nothing(board, bench):
    board.run("def broken(event, svc): raise RuntimeError('oops ' + event)")
    board.run(f"svc = autoip.start(nic, ip={C!r}, delay=200, on_event=broken)")
    assert board.ask("svc.wait(PATIENCE * 1000)") == C
    sent = bench.wire.send(announcement(C))
    bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    assert board.address == C
    for event in ("bound", "conflict", "defended"):
        assert f"RuntimeError: oops {event}" in board.log.read_text()


@pytest.mark.only("unix", "the emulator sets the MAC of QEMU_MPS2")
def test_mac_that_is_zero_or_multicast_is_refused(board, bench):
    for mac in (b"\0\0\0\0\0\0", b"\x29\xcd\xc1\0\0\1"):
        board.run(f"other = network.LAN('{bench.wire.add_tap()}', mac={mac!r}); other.active(True)")
        error = "ValueError: nic: MAC is zero or multicast; set it with config(mac=...)"
        _assert_raises(board, error, "autoip.start(other)")


@pytest.mark.only("unix", "QEMU_MPS2 has one interface")
def test_start_fails_if_all_services_are_in_use(board, bench):
    for i in (1, 2, 3):  # as many as there are slots in the sanitized build
        board.run(f"nic{i} = network.LAN('{bench.wire.add_tap()}'); nic{i}.active(True)")
        board.run(f"autoip.start(nic{i})")
    error = f"OSError: {errno.ENOMEM} all 3 services in use (AUTOIP_LINKS)"
    _assert_raises(board, error, "autoip.start(nic)")
    board.run("autoip.stop()")


@pytest.mark.not_on_espressif("ESP-IDF has other interface names and error numbers")
def test_repr_shows_state_address_and_counters(board):
    board.claim(delay=200, ip=C)
    board.until("svc.state == 'bound'", PATIENCE)
    text = board.ask("repr(svc)")
    assert text.startswith(f"<autoip e0 bound {C} {{") and "'probes': 3" in text


@pytest.mark.not_on_espressif("ESP-IDF has other interface names and error numbers")
def test_wait_ends_at_its_timeout(board):
    _assert_raises(board, f"OSError: {errno.ETIMEDOUT}", "svc = start(nic, delay=200); svc.wait(1)")
    board.expect("bound")
    assert board.ask("svc.wait(0)") == board.address


@pytest.mark.not_on_espressif("ESP-IDF has other interface names and error numbers")
def test_wait_ends_when_the_service_is_stopped(board):
    board.start(delay=200)
    board.run("svc.stop()")
    _assert_raises(board, f"OSError: {errno.ENOTCONN}", "svc.wait()")


def test_asyncio(board):
    board.start(delay=200, ip=C)
    board.run("import asyncio")
    assert board.ask("asyncio.run(svc.ready())") == C


@pytest.mark.threaded
def test_wait_in_a_callback_raises_instead_of_blocking(board, bench):
    board.run(f"""
errors = []
def waiting(event, svc):
    for function in (svc.wait, svc.save):
        try:
            function()
        except RuntimeError as error:
            errors.append((event, str(error)))
svc = autoip.start(nic, ip={C!r}, delay=200, abandon=True, on_event=waiting)
""")
    assert board.ask("svc.wait(PATIENCE * 1000)") == C
    bench.wire.send(announcement(C))
    board.until("len(errors) == 8", PATIENCE)
    events = ["bound", "bound", "conflict", "conflict", "lost", "lost", "bound", "bound"]
    assert board.ask("errors") == [[event, "not allowed in a callback"] for event in events]


def test_main_py_gets_the_events_of_the_service_that_boot_py_started(board, bench):
    board.run(f"svc = autoip.start(nic, ip={C!r}, delay=200, old=1, force=2); svc.wait()")
    board.run("autoip.get().on_event = on_event")
    bench.wire.send(announcement(C))
    assert board.expect("defended")["address"] == C


def test_asynchronous_callback_is_reported(board):
    board.run("async def asynchronous(event, svc): pass")
    board.run("svc = autoip.start(nic, delay=200); svc.on_event = asynchronous; svc.wait()")
    board.run("svc.stop()")
    assert "TypeError: on_event: a function, not async def" in board.log.read_text()


def test_changed_follows_a_flap(board):
    board.start(delay=200, ip=C)
    board.run("import asyncio")
    assert board.ask("asyncio.run(svc.changed())") == C
    board.flap()
    assert board.ask(f"asyncio.run(svc.changed({C!r}))") is None
    assert board.ask("asyncio.run(svc.changed(None))") == C


def test_start_again_after_stop(board, bench):
    for _ in range(2):
        assert board.claim(delay=200, ip=C) == C
        board.run("svc.stop()")
        board.expect("stopped")
    assert len(bench.capture.probes_of(board.mac)) == 6


def test_start_that_fails_leaves_the_interface_free(board):
    board.run("from autoip import service; machine = service.acd.Machine")
    board.run("def full(*args): raise MemoryError()")
    board.run("service.acd.Machine = full")
    _assert_raises(board, "MemoryError: ", "autoip.start(nic)")
    board.run("service.acd.Machine = machine")
    assert board.claim(delay=200, ip=C) == C


def test_the_last_good_address_is_tried_first_after_a_restart(board, bench):
    # R3927-2.1-f, R3927-2.1-g
    path = board.path("autoip.txt")
    board.claim(delay=200, ip=C, abandon=True, remember=path)
    bench.wire.send(announcement(C))
    moved = board.expect("lost") and board.expect("bound")["address"]
    assert board.ask(f"open({path!r}).read()") == ""
    assert board.ask("svc.wait()") == moved
    assert board.ask(f"open({path!r}).read()") == f"{board.mac} {moved}\n"
    board.run("svc.stop()")
    assert board.claim(delay=200, remember=path) == moved


def test_file_of_another_program_is_refused_and_kept(board):
    path = board.path("notes.txt")
    for text, times in (("name = board", 1), ("x" * 1000, 20)):
        board.run(f"with open({path!r}, 'w') as file:\n for _ in range({times}): file.write({text!r})")
        message = f"ValueError: remember: another program's file: {path}"
        _assert_raises(board, message, f"autoip.start(nic, remember={path!r})")
        assert board.ask("autoip.get() is None")
        assert board.ask(f"open({path!r}).read(5)") in ("name ", "xxxxx")
