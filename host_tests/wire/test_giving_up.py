# SPDX-License-Identifier: MIT
"""RFC 3927 2.5: after the release the board sends nothing from the address, whatever lwIP does."""

import contextlib
import time

import pytest
from scapy.layers.inet import IP, UDP

from .board import BoardError
from .frames import announcement, is_arp, is_reset, reply, request, uses
from .routable import PEER, Connection
from .waiting import QUIET

C = "169.254.20.20"
ABSENT = "169.254.99.99"
MDNS = 5353
IGMP = 2
ARP_ENTRIES = 10  # lwIP's ARP_TABLE_SIZE
IDLE = 25  # s; on the sanitized UNIX_TAP lwIP renews an ARP entry after 10 s, and an entry lasts 40 s


def lose(bench, board):
    """Send two conflicts, so that the board loses the address. Returns the time before the second conflict,
    and the time when the board reported the loss.
    """
    bench.wire.send(announcement(C))
    board.expect("defended")
    sent = bench.wire.send(announcement(C))
    reported = board.expect("lost")["time"]
    time.sleep(QUIET)
    return sent, reported


def is_unsolicited(frame):
    """Is the frame mDNS, a report of its group, or the second announcement of a claim?"""
    mdns = UDP in frame.packet and frame.packet[UDP].dport == MDNS
    report = IP in frame.packet and frame.packet[IP].proto == IGMP
    return mdns or report or frame.kind == "announcement"


def sent_by(bench, board, address, after, reported=0):
    """What the board sent with this address as its source, except for the resets of its connections.

    A busy board processes a conflict late, so unsolicited frames count only after it has reported the loss.
    """

    def counts(frame):
        own = not frame.injected and frame.source == board.mac and uses(frame, address)
        return own and not is_reset(frame) and not (frame.time < reported and is_unsolicited(frame))

    return bench.capture.select(counts, after)


@pytest.fixture
def board(bench):
    board = bench.board()
    board.claim(delay=200, ip=C)
    return board


@pytest.mark.threaded
def test_no_request_for_a_peer_that_left_the_arp_table(bench, server, board):
    """The board does not send an ARP Request only to reset a connection."""
    Connection(server.host, board, C)
    for host in range(2 * ARP_ENTRIES):  # other hosts replace it in the table
        bench.wire.send(request(f"169.254.50.{host}", C, mac=f"02:00:00:00:50:{host:02x}"))
    time.sleep(QUIET)
    assert not sent_by(bench, board, C, *lose(bench, board))


@pytest.mark.threaded
@pytest.mark.only("unix", "other boards ask 270 s after the last packet")
def test_an_arp_entry_that_is_about_to_expire_is_not_renewed(bench, server, board):
    """lwIP renews an old entry with an ARP Request when it uses the entry. A reset must not cause this."""
    # R3927-2.5-e, R5227-2.4-e
    connection = Connection(server.host, board, C)
    assert connection.works()
    time.sleep(IDLE)
    lost = lose(bench, board)
    assert not sent_by(bench, board, C, *lost)
    assert connection.is_reset()


@pytest.mark.threaded
def test_a_connection_attempt_ends_with_the_address(bench, board):
    board.run("client = socket.socket(); client.setblocking(False)")
    with contextlib.suppress(BoardError):  # EINPROGRESS
        board.run(f"client.connect(('{ABSENT}', 80))")
    bench.capture.wait_for(is_arp("request", board.mac, spa=C, tpa=ABSENT))
    lost = lose(bench, board)
    time.sleep(2)  # lwIP asks once per second
    assert not sent_by(bench, board, C, *lost)


def test_a_socket_that_was_bound_to_the_address_sends_nothing(bench, server, board):
    # R3927-2.5-e, R5227-2.4-e
    board.run("udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"udp.bind(('{C}', 7)); udp.sendto(b'!', ('{PEER}', 9))")
    lost = lose(bench, board)
    with contextlib.suppress(BoardError):
        board.run(f"udp.sendto(b'!', ('{PEER}', 9))")
    assert not sent_by(bench, board, C, *lost)


@pytest.mark.parametrize("late", [0.15, 0.6])
def test_a_late_denial_ends_the_claim(bench, late):
    """RFC 3927 1.3 allows a round trip of one second. The address is not defended against an answer to a
    probe.
    """
    # R3927-1.3-a
    board = bench.board()
    board.start(delay=1, ip="169.254.30.30")
    probed = bench.capture.wait_for(is_arp("probe", board.mac, tpa="169.254.30.30")).time
    time.sleep(max(0, probed + late - time.time()))
    bench.wire.send(reply("169.254.30.30", "0.0.0.0", board.mac))
    reported = board.expect("conflict")["time"]
    assert board.expect("bound")["address"] != "169.254.30.30"
    assert board.ask("svc.stats()['defences']") == 0
    assert not sent_by(bench, board, "169.254.30.30", reported + QUIET)
