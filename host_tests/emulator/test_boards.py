"""The firmware of a real board, RPI_PICO_W, in the emulator: what UNIX_TAP does, and what is its own."""

import os
import pty
import subprocess
import time
import tty

import pytest
from wire.bench import Bench
from wire.board import BoardError
from wire.frames import THIEF, announcement, is_arp, probe
from wire.qemu import ROOT
from wire.waiting import PATIENCE

from .board import EMULATOR, FIRMWARE, PicoBoard

pytestmark = pytest.mark.skipif(
    not (FIRMWARE.exists() and (EMULATOR / "bootrom.bin").exists()),
    reason="not built: make test-board BOARD=RPI_PICO_W MICROPY_DIR=...",
)

C = "169.254.20.20"
X = "169.254.7.9"
STATIC = "10.0.0.99"


class PicoBench(Bench):
    def board(self):
        board = PicoBoard(self.wire, self._log(f"board{len(self.boards)}"))
        self.boards.append(board)
        return board


@pytest.fixture
def pico_bench(request):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    bench = PicoBench(request.node.name, "pico")
    yield bench
    bench.close()


def test_first_light(pico_bench):
    board = pico_bench.board()
    host = pico_bench.wire.add_host(f"{X}/16")
    assert board.claim(delay=200, ip=C) == C
    assert len(pico_bench.capture.probes_of(board.mac)) == 3
    assert host.ping(C, count=3)
    assert board.ask(f"ping({X!r})")
    assert board.ask("nic.isconnected()") and board.ask("nic.ifconfig()[0]") == C
    board.run("svc.stop()")
    assert not board.ask("nic.isconnected()") and board.ask("nic.ifconfig()[0]") == "0.0.0.0"
    assert host.gets_no_answer(C)


def test_defence_and_move(pico_bench):
    board = pico_bench.board()
    board.claim(delay=200, ip=C)
    pico_bench.capture.wait_for_several(is_arp("announcement", board.mac), 2)
    sent = pico_bench.wire.send(announcement(C))
    pico_bench.capture.wait_for(is_arp("announcement", board.mac, spa=C), after=sent)
    assert board.address == C
    pico_bench.wire.send(announcement(C))
    assert board.expect("lost")["address"] is None
    assert board.expect("bound")["address"] != C
    assert board.ask("svc.offender.hex(':')") == THIEF


def test_a_denied_address_is_left(pico_bench):
    board = pico_bench.board()
    board.start(delay=1000, ip=C)
    pico_bench.capture.wait_for(is_arp("probe", board.mac, tpa=C))
    pico_bench.wire.send(probe(C))
    assert board.expect("bound")["address"] != C


def test_a_static_address_beside_the_link_local_one(pico_bench):
    board = pico_bench.board()
    host = pico_bench.wire.add_host(f"{X}/16")
    host.run("ip", "addr", "add", "10.0.0.1/24", "dev", "eth0")
    board.claim(delay=200, ip=C)
    board.run(f"nic.ifconfig(({STATIC!r}, '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
    assert host.ping(C, count=2) and host.ping(STATIC, count=2)
    assert board.ask("nic.ifconfig()[0]") == STATIC and board.address == C
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == STATIC
    assert host.ping(STATIC) and host.gets_no_answer(C)


def test_a_lease_beside_the_link_local_address(pico_bench):
    server = pico_bench.dhcp()
    server.host.run("ip", "addr", "add", f"{X}/16", "dev", "eth0")
    board = pico_bench.board()
    board.claim(delay=200, ip=C)
    with server.host.socket("stream") as listener:
        listener.bind((X, 7))
        listener.listen()
        board.run(f"sock = socket.socket(); sock.connect(({X!r}, 7))")
        peer = listener.accept()[0]
        server.start()
        board.until("nic.ipconfig('has_dhcp4')", PATIENCE)
        lease = board.ask("nic.ifconfig()[0]")
        assert server.host.ping(C, count=2) and server.host.ping(lease, count=2)
        with peer:
            peer.settimeout(PATIENCE)
            board.run("sock.send(b'still here'); sock.close()")
            assert peer.recv(100) == b"still here"
    board.run("svc.stop()")
    assert board.ask("nic.ifconfig()[0]") == lease
    assert server.host.gets_no_answer(C)


def test_a_bound_socket_leaves_by_the_interface_of_its_address(pico_bench):
    """lwIP is built with the hook for routing by source address."""
    board = pico_bench.board()
    host = pico_bench.wire.add_host(f"{X}/16")
    host.run("ip", "route", "add", "10.0.0.0/24", "dev", "eth0")
    board.claim(delay=200, ip=C)
    board.run(f"nic.ifconfig(({STATIC!r}, '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
    with host.socket("datagram") as receiver:
        receiver.bind((X, 9))
        for source in (C, STATIC):
            board.run("sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
            board.run(f"sock.bind(({source!r}, 0)); sock.sendto(b'from me', ({X!r}, 9)); sock.close()")
            assert receiver.recvfrom(100)[1][0] == source


def test_the_access_point_goes_and_comes(pico_bench):
    board = pico_bench.board()
    board.claim(delay=200, ip=C)
    board.set_link(False)
    assert board.expect("lost")["address"] is None
    board.set_link(True)
    assert board.expect("bound")["address"] == C


@pytest.mark.parametrize("end", ["active(False)", "deinit()"])
def test_activated_again(pico_bench, end):
    """The driver makes a new lwIP interface: the hooks are put on it again."""
    board = pico_bench.board()
    if end == "active(False)" and board.ask("sys.implementation.version") < [1, 28]:
        pytest.skip("MicroPython keeps the station up")
    host = pico_bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run(f"nic.{end}")
    assert board.expect("lost")["address"] is None
    assert host.gets_no_answer(C)
    board.run("nic.active(True); nic.connect('wire')")
    assert board.expect("bound")["address"] == C
    assert host.ping(C, count=2)
    pico_bench.wire.send(announcement(C))
    assert board.expect("conflict")


def test_powered_off(pico_bench):
    """After deinit() nothing calls the driver, which would power the chip up again."""
    board = pico_bench.board()
    board.claim(delay=200, ip=C)
    board.run("nic.deinit()")
    assert board.expect("lost")["address"] is None
    time.sleep(3)
    assert board.ask("svc.state") == "waiting"
    board.run("svc.stop()")
    with pytest.raises(BoardError, match="OSError"):
        board.start()


def test_the_interface_must_be_active(pico_bench):
    board = pico_bench.board()
    board.run("nic.deinit()")
    for nic in ("None", "nic", "'w0'", "network.WLAN(network.WLAN.IF_AP)"):
        with pytest.raises(BoardError, match="OSError: 19"):
            board.run(f"autoip.start({nic})")


def test_station_and_access_point(pico_bench):
    """They have one MAC; each has its own service."""
    board = pico_bench.board()
    board.run("ap = network.WLAN(network.WLAN.IF_AP); ap.active(True)")
    board.claim(delay=200, ip=C)
    board.run("other = autoip.start(ap, delay=1); other.wait(PATIENCE * 1000)")
    assert board.ask("(svc._link.name, other._link.name)") == ["w0", "w1"]
    assert board.ask("other.address") not in (None, C)
    assert board.ask("autoip.get(nic) is svc and autoip.get('w1') is other")
    assert board.ask("ap.ifconfig()[0]") == "192.168.4.1"


def test_boot_py(pico_bench):
    """The example as boot.py: it is there again after a soft reset, as the interface was before."""
    board = pico_bench.board()
    host = pico_bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    example = (ROOT / "examples" / "boot_wlan.py").read_text()
    board.run(f"with open('boot.py', 'w') as file: file.write({example!r})")
    for _ in range(2):
        board.soft_reset()
        board.run("svc = autoip.get(nic)")
        assert (
            board.ask("svc.state") in ("probing", "waiting") and board.ask("nic.ifconfig()[0]") == "0.0.0.0"
        )
        assert host.gets_no_answer(C)
        board.until("svc.address", PATIENCE)
        assert host.ping(board.address, count=2)


def test_no_heap_in_steady_state(pico_bench):
    """With the heap locked an allocation raises: claiming, defending and moving do without."""
    board = pico_bench.board()
    board.run("import gc, micropython, time; before = after = 0")
    board.run("svc = autoip.start(nic, ip=%r, delay=200)" % C)
    locked = (
        "gc.collect(); before = gc.mem_alloc(); micropython.heap_lock(); time.sleep_ms(15000); "
        "micropython.heap_unlock(); after = gc.mem_alloc()"
    )
    board._write('["exec", "%s"]\n' % locked)
    is_announced = is_arp("announcement", board.mac, spa=C)
    pico_bench.capture.wait_for_several(is_announced, 2)
    sent = pico_bench.wire.send(announcement(C))
    pico_bench.capture.wait_for(is_announced, after=sent)
    pico_bench.wire.send(announcement(C))
    board._answers.get(timeout=PATIENCE)
    stats = board.ask("svc.stats()")
    assert (stats["conflicts"], stats["defences"], stats["moves"]) == (2, 1, 1)
    assert board.address not in (None, C)
    assert board.ask("after - before") == 0


@pytest.fixture
def serial_port():
    """The USB serial port of a board with its REPL, on no wire."""
    board, port = pty.openpty()
    tty.setraw(port)
    nothing, end = os.pipe()
    os.set_blocking(nothing, False)
    files = ["280000000001", str(nothing), str(nothing)]
    process = subprocess.Popen(
        ["node", EMULATOR / "emulator.mjs", EMULATOR / "bootrom.bin", FIRMWARE, *files],
        stdin=board,
        stdout=board,
        pass_fds=[nothing],
    )
    yield os.ttyname(port)
    process.kill()
    process.wait()
    for file in (board, port, nothing, end):
        os.close(file)


def test_deploy_never_overwrites_unasked(serial_port):
    def deploy(file, overwrite=""):
        mpremote = ROOT / "build/board-tools/bin/mpremote"
        command = [ROOT / "boards/upstream/deploy.sh", mpremote, serial_port, file, overwrite]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=100
        )
        return done.returncode, done.stdout

    code, told = deploy(ROOT / "examples/boot_wlan.py")
    assert code == 0, told
    code, told = deploy(ROOT / "examples/boot_wlan.py")
    assert code != 0 and "OVERWRITE=1" in told
    assert deploy(ROOT / "examples/boot_wlan.py", "1")[0] == 0
