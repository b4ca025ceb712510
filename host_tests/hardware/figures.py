# SPDX-License-Identifier: MIT
"""Measurements that need real hardware: times, memory, throughput and lost frames."""

import contextlib
import os
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from scapy.layers.dns import DNS, DNSQR
from wire.board import ROOT, BoardError
from wire.frames import MDNS_GROUP, MDNS_PORT, announcement, is_arp, request
from wire.routable import STATIC, set_static
from wire.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.only("hardware", "measures real boards")

C = "169.254.20.20"
X = "169.254.7.9"
PEER = "10.0.0.2"
NAME = "autoip.local"
PAGE = (ROOT / "examples" / "page.py").read_text()
HEADING = b"Hello from autoip"
PORT = 5001
SECONDS = 5  # the duration of a measurement
BROADCASTS = 200
SOFT_RESETS = 10
SPACING = 0.03  # s between two broadcast requests
ASK = 0.25  # s between two questions
NAME_TIME = 20  # s to wait for an mDNS answer
SILENCE = 2  # s to wait for the web server
TYPE_A = 1
STACKS = ("tiT", "esp_timer", "mp_task")  # the names of the tasks in which autoip runs

SENDER = f"""\
def send(address, ms):
    sock = socket.socket()
    sock.connect((address, {PORT}))
    block, sent, end = bytes(1024), 0, time.ticks_add(time.ticks_ms(), ms)
    while time.ticks_diff(end, time.ticks_ms()) > 0:
        sent += sock.send(block)
    sock.close()
    return sent
"""
POWER_SAVING = {"off": "nic.PM_NONE", "on": "nic.PM_POWERSAVE"}

NAMED = "import network\nnetwork.hostname('autoip')\n"  # mDNS reads the name in active(True)
FILES = ("boot.py", "main.py")
WIRELESS = ("WLAN", "CYW43")  # names of the class network.WLAN: on a Pico W, it is CYW43
EXAMPLES = {"LAN": "boot.py", "WIZNET5K": "boot_wiznet5k.py"} | dict.fromkeys(WIRELESS, "boot_wlan.py")


def test_time_from_a_reset_to_the_address_and_to_the_page(bench, record_property):
    """The reset is machine.reset(). After power-on, a board starts a little later."""
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    network = ascii((os.environ.get("SSID", ""), os.environ.get("KEY", "")))
    boot = (ROOT / "examples" / EXAMPLES[board.ask("type(nic).__name__")]).read_text()
    boot = boot.replace('("network", "password")', network)
    for name, text in zip(FILES, (NAMED + boot, PAGE), strict=True):
        board.run(f"with open({name!r}, 'w') as file: file.write({text!r})")
    started = board.restart()
    try:
        announced = bench.capture.wait_for(is_arp("announcement", board.mac), 2 * PATIENCE, started)
        record_property("seconds from the reset to the address", round(announced.time - started, 1))
        address = announced.arp.psrc
        wait_until(lambda: has_page(host, address), f"no page at {address}")
        record_property("seconds from the reset to the page by address", round(time.time() - started, 1))
        deadline = time.monotonic() + NAME_TIME
        while not (named := look_up_name(host) == address) and time.monotonic() < deadline:
            pass
        record_property(
            "seconds from the reset to the page by name",
            round(time.time() - started, 1) if named else "never",
        )
    finally:
        board.run_without_agent(f"import os\nfor name in {FILES}: os.remove(name)")


def look_up_name(host):
    """Send an mDNS question for the name. Returns the address in the answer (RFC 6762 5.2), or None."""
    with host.socket("datagram") as asking:
        asking.settimeout(ASK)
        asking.bind(("", MDNS_PORT))
        group, interface = socket.inet_aton(MDNS_GROUP), socket.inet_aton(X)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + interface)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
        asking.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
        asking.sendto(bytes(DNS(rd=0, qd=DNSQR(qname=NAME))), (MDNS_GROUP, MDNS_PORT))
        with contextlib.suppress(TimeoutError):
            while True:
                for record in DNS(asking.recv(1500)).an or []:
                    if (record.type, record.rrname.decode().rstrip(".")) == (TYPE_A, NAME):
                        return record.rdata
    return None


def has_page(host, address):
    with host.socket("stream") as asking:
        asking.settimeout(SILENCE)
        with contextlib.suppress(OSError):
            asking.connect((address, 80))
            asking.send(f"GET / HTTP/1.0\r\nHost: {NAME}\r\n\r\n".encode())
            return HEADING in asking.makefile("rb").read()
    return False


def test_ping_times(bench, record_property):
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    assert host.ping(C)
    printed = host.run("ping", "-n", "-q", "-c", "100", "-i", "0.05", C)
    for name, ms in zip(("least", "mean", "largest"), ping_times(printed), strict=True):
        record_property(f"ms of a ping, {name}", ms)
    record_property("pings of 100 without an answer", 100 - int(re.search(r"(\d+) received", printed)[1]))


def ping_times(printed):
    """The least, mean and largest time in ms, from the output of ping."""
    return [float(ms) for ms in re.search(r"= ([\d.]+)/([\d.]+)/([\d.]+)/", printed).groups()]


def test_memory_of_a_service(bench, record_property):
    board = bench.board()
    board.run("import gc; gc.collect(); before = gc.mem_free()")
    record_property("bytes of Python's heap free, with autoip imported", board.ask("before"))
    board.claim(delay=200, ip=C)
    board.run("gc.collect()")
    record_property("bytes of Python's heap free, with an address", board.ask("gc.mem_free()"))


def test_soft_resets(bench, record_property):
    """After each soft reset, the board claims the address. The report shows the lost memory."""
    board = bench.board()
    free = []
    for _ in range(SOFT_RESETS):
        board.soft_reset()
        assert board.claim(delay=200, ip=C) == C
        board.run("import gc; gc.collect()")
        free.append(board.ask("gc.mem_free()"))
    record_property(f"bytes of heap lost in {SOFT_RESETS} soft resets", free[0] - free[-1])


def test_minimum_free_stack(bench, record_property):
    """ESP-IDF measures the stack of each task. The other ports don't."""
    board = bench.board()
    board.claim(delay=200, ip=C)
    bench.wire.send(announcement(C))
    board.expect("defended")
    try:
        tasks = board.ask("[(task[1], task[5]) for task in __import__('esp32').idf_task_info()[1]]")
    except BoardError:
        pytest.skip("the port does not measure stacks")
    for name, least in tasks:
        if name in STACKS:
            record_property(f"minimum free stack of {name}, bytes", least)


def test_throughput(bench, record_property):
    """The board sends with TCP from its static address, first without and then with a service."""
    board = bench.board()
    host = bench.wire.add_host(f"{PEER}/24")
    set_static(board, STATIC)
    board.run(SENDER)
    record_property("KB/s without a service", throughput(board, host))
    board.claim(delay=200, ip=C)
    record_property("KB/s with a service", throughput(board, host))


def throughput(board, host):
    with host.socket("stream") as server:
        server.bind((PEER, PORT))
        server.listen(1)
        with ThreadPoolExecutor() as pool:
            sent = pool.submit(board.ask, f"send({PEER!r}, {SECONDS * 1000})")
            connection, _ = server.accept()
            with connection:
                received = 0
                while data := connection.recv(1 << 16):
                    received += len(data)
            assert received == sent.result()
    return round(received / SECONDS / 1000)


@pytest.mark.parametrize("saving", ["off", "on"])
def test_lost_broadcasts(bench, record_property, saving):
    """Counts the ARP requests that the board does not answer, with and without the power saving of Wi-Fi."""
    board = bench.board()
    wireless = board.ask("type(nic).__name__") in WIRELESS
    if saving == "on" and not wireless:
        pytest.skip("a cable has no power saving")
    if wireless:
        board.run(f"nic.config(pm={POWER_SAVING[saving]})")
    board.claim(delay=200, ip=C)
    for _ in range(BROADCASTS):
        bench.wire.send(request(X, C))
        time.sleep(SPACING)
    time.sleep(1)
    answers = bench.capture.select(lambda f: f.arp is not None and f.source == board.mac and f.arp.pdst == X)
    record_property(f"lost broadcasts of {BROADCASTS}, power saving {saving}", BROADCASTS - len(answers))
