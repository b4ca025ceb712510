# SPDX-License-Identifier: MIT
"""Tests for boards with a W5500 Ethernet controller only: its driver, and its filter of received frames."""

import pytest
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from wire.board import BoardError
from wire.frames import announcement

pytestmark = pytest.mark.only("W5500_EVB_PICO", "it has the chip")

C = "169.254.20.20"
X = "169.254.7.9"
OTHER_MAC = "02:00:00:00:00:77"

SENDER = f"""\
import micropython, machine
sent = [0, 0]
packet = bytes(100)
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def send(who):
    try:
        sock.sendto(packet, ({X!r}, 9))
        sent[who] += 1
    except OSError:
        pass
def later(timer):
    send(1)
"""


@pytest.fixture
def sender(bench):
    """A board that has an address, and the function send(), which sends a packet to a host."""
    board = bench.board()
    board.host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    assert board.ask(f"ping({X!r})")
    board.run(SENDER)
    return board


def test_a_callback_sends_while_the_program_sends(sender):
    """With MicroPython's own send function, a callback that sends while the program sends waits forever
    (micropython #16648). autoip replaces this function.
    """
    sender.run("timer = machine.Timer(period=3, callback=later)")
    sender.run("for _ in range(2000): send(0)", 300)
    sender.run("timer.deinit()")
    assert sender.ask("sent[0]") == 2000
    assert sender.ask("sent[1]") > 100
    sender.wait_until(lambda: sender.host.ping(C))


def test_the_address_is_defended_and_moves_while_the_program_sends(bench, sender):
    sender.begin("while not autoip.get(nic).contested or svc.address in (None, %r): send(0)" % C)
    bench.wire.send(announcement(C))
    sender.expect("defended", 60)
    bench.wire.send(announcement(C))
    sender.expect("lost", 60)
    assert sender.expect("bound", 60)["address"] != C
    sender.finish(60)


def test_ctrl_c_in_a_send_leaves_lwip_unlocked(sender):
    """With MicroPython's own send function, Ctrl-C leaves lwIP locked, and the board has no network until it
    is reset (micropython #17875). autoip replaces this function.
    """
    # The chip needs 122 us to send this packet, and Ctrl-C must come during this time.
    sender.run("packet = bytes(1472)")
    for _ in range(40):
        sender.begin("try:\n  while True: send(0)\nexcept KeyboardInterrupt: pass")
        before = sender.now()
        sender.wait_until(lambda: sender.now() > before + 0.2)  # noqa: B023
        sender.interrupt()
        sender.finish(30)
    sender.wait_until(lambda: sender.host.ping(C))


def test_a_program_sends_while_the_cable_is_out(sender):
    """Without a link the chip never reports that a frame was sent."""
    sender.begin("while svc.address: send(0)")
    sender.set_link(False)
    assert sender.expect("suspended", 5)["address"] is None
    sender.finish(30)
    sender.set_link(True)
    assert sender.expect("bound")["address"] == C
    sender.wait_until(lambda: sender.host.ping(C))


def test_a_second_wiznet5k(bench):
    """Creating a second WIZNET5K object clears the flags of the lwIP interface, and lwIP calls no callback.
    autoip suspends the address until active(True).
    """
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.run("nic = network.WIZNET5K()")
    assert board.expect("suspended", 3)["address"] is None
    assert host.gets_no_answer(C) and board.ask("nic.active()") is False
    board.run("nic.active(True)")
    assert board.expect("bound")["address"] == C
    board.wait_until(lambda: host.ping(C, count=2))


def test_a_new_mac(bench):
    """With a new MAC, the board is a different host for its peers. So autoip probes and announces the address
    again, with the new MAC.
    """
    # R3927-2.2.1-a, X-48
    board = bench.board()
    host = bench.wire.add_host(f"{X}/16")
    board.claim(delay=200, ip=C)
    board.macs.append(OTHER_MAC)
    # autoip polls the MAC once per second. Until the next poll, lwIP uses C with the new MAC.
    bench.by_hand.add(C)
    board.run(f"nic.config(mac=bytes.fromhex({OTHER_MAC.replace(':', '')!r}))")
    board.expect("suspended", 3)
    assert board.expect("bound")["address"] == C
    assert len(bench.capture.probes_of(OTHER_MAC)) == 3
    board.wait_until(lambda: host.ping(C, count=2))


@pytest.mark.parametrize("mac", ["000000000000", "ffffffffffff", "01005e000001"])
def test_an_invalid_mac(bench, mac):
    """Boards that all have such a MAC can't detect conflicts with each other (micropython #15425)."""
    board = bench.board()
    board.run(f"nic.config(mac=bytes.fromhex({mac!r}))")
    with pytest.raises(BoardError, match=r"ValueError: .*config\(mac="):
        board.start()


# Reads the bit MFEN, which turns on the chip's filter, in the register Sn_MR of socket 0.
READ_FILTER = """\
import machine
cs = machine.Pin(17, machine.Pin.OUT)
spi = machine.SPI(0)
def is_filtered():
    state = machine.disable_irq()
    cs(0)
    spi.write(b"\\x00\\x00\\x08")
    mode = spi.read(1)[0]
    cs(1)
    machine.enable_irq(state)
    return bool(mode & 0x80)
"""


def mdns_query(name):
    """A multicast mDNS query from X for the address of this name (RFC 6762 5.4)."""
    return (
        Ether(dst="01:00:5e:00:00:fb")
        / IP(src=X, dst="224.0.0.251", ttl=255)
        / UDP(sport=5353, dport=5353)
        / DNS(qd=DNSQR(qname=name, qtype="A"))
    )


def answers(name, address):
    def matches(frame):
        dns = frame.packet.getlayer(DNS)
        return dns is not None and any(
            record.rrname == name.encode() and record.type == 1 and record.rdata == address
            for record in (dns.an or [])
        )

    return matches


@pytest.mark.parametrize("strict", [False, True])
def test_mdns(bench, strict):
    """The board answers mDNS queries for its name, even if the chip's filter would drop multicast."""
    board = bench.board(strict=strict)
    board.claim(delay=200, ip=C)
    name = board.ask("network.hostname()") + ".local."

    def is_answered():
        # Asked twice, because a responder does not multicast a record again within a second (RFC 6762 6).
        asked = bench.wire.send(mdns_query(name))
        board.sleep(1.5)
        bench.wire.send(mdns_query(name))
        board.sleep(1.5)
        return bench.capture.select(answers(name, C), after=asked)

    board.sleep(5)  # until the responder has announced its name
    assert is_answered()


def test_the_filter_is_open_while_a_service_runs(bench):
    board = bench.board()
    board.run(READ_FILTER)
    assert board.ask("is_filtered()")
    for _ in range(2):
        board.claim(delay=200, ip=C)
        board.sleep(1.5)
        assert not board.ask("is_filtered()")
        board.run("nic.active(True)")  # the driver turns on the filter again
        board.sleep(1.5)
        assert not board.ask("is_filtered()")
        board.run("svc.stop()")
        assert board.ask("is_filtered()")
