# SPDX-License-Identifier: MIT
"""make bench: the instructions that autoip adds per frame, and the times of a claim. The figures are compared
with lwIP's AutoIP and with a build without either.
"""

import contextlib
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor

import memory
import page
import service_cycle
from board import BUILDS, Board, folder, qemu_version
from debugger import Debugger, address
from figures import Figures
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw
from wire import heap
from wire.frames import ADVERSARY_MAC, BROADCAST, announcement, request

X = "169.254.7.9"
ANSWERED = "ping to our address and the reply"
ROUTABLE = "10.0.0.99"
ROUTABLE_PEER = "10.0.0.1"
OTHER_HOSTS = "ARP between other hosts"
MALFORMED = "malformed ARP with our address"

# Name of a frame -> the number of instructions that autoip may add.
_BUDGETS = {
    OTHER_HOSTS: 100,
    MALFORMED: 100,
    "neither ARP nor IP": 0,
    "IPv6": 0,
    "IPv4 broadcast": 20,
    "IPv4 multicast": 20,
    "UDP to our address": 30,
    "sent from the routable address": 20,
}
# Each measurement is repeated. The smallest result is used, because the first run also fills ARP tables.
_REPEAT = 5
_PICO = 62_500_000  # instructions per second of an RP2040 at 125 MHz, if an instruction takes two cycles
_STORM_RATE = 4000  # frames per second
_CLAIMS = 6  # number of boards with the same build that claim addresses at the same time
# ms: a claim with the timing of RFC 3927 takes 5.5 s on average, and mDNS probes for 0.75 s (RFC 6762 8.1)
_PAGE_MAX = 8000
_STORM = 10000  # frames
_PORT = 7  # port of a socket

# The functions that are measured: lwIP receives a frame, lwIP sends a packet, and the scheduler calls autoip.
_ENTRY = "ethernet_input"
_SENT = {"none": "udp_sendto", "lwip": "udp_sendto", "autoip": "__wrap_udp_sendto"}
_SCHEDULED = "call_on_wake"

# In all three builds, the board has a link-local address while the instructions are counted.
_HOLD = {
    "none": f"nic.ipconfig(addr4=({service_cycle.C!r}, '255.255.0.0'))",
    "lwip": "while nic.ifconfig()[0] == '0.0.0.0': time.sleep_ms(10)",
    "autoip": f"import autoip\n{service_cycle.START}\n{service_cycle.CLAIMED}",
}

_CLAIM = """
nic.active(True)
start = time.ticks_ms()
START
while nic.ifconfig()[0] == '0.0.0.0': time.sleep_ms(1)
print(time.ticks_diff(time.ticks_ms(), start))
time.sleep(4)
"""


def frames_in(mac, address):
    """Name -> frame for the board. The first frame is an ARP Request, so that the board knows the MAC to
    which it sends its answers.
    """
    broadcast = Ether(src=ADVERSARY_MAC, dst=BROADCAST)
    unicast = Ether(src=ADVERSARY_MAC, dst=mac)
    return {
        "ARP request for our address": request(X, address),
        OTHER_HOSTS: request("169.254.7.8", "169.254.7.7"),
        "neither ARP nor IP": Ether(src=ADVERSARY_MAC, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(bytes(46)),
        "IPv6": Ether(src=ADVERSARY_MAC, dst="33:33:00:00:00:01")
        / IPv6(src="fe80::1", dst="ff02::1")
        / UDP(dport=9),
        "IPv4 broadcast": broadcast / IP(src=X, dst="255.255.255.255") / UDP(dport=9),
        "IPv4 multicast": Ether(src=ADVERSARY_MAC, dst="01:00:5e:00:00:05")
        / IP(src=X, dst="224.0.0.5")
        / UDP(dport=9),
        "UDP to our address": unicast / IP(src=X, dst=address) / UDP(dport=_PORT),
        ANSWERED: unicast / IP(src=X, dst=address) / ICMP(),
        # This frame is the last, because lwIP's AutoIP mistakes it for a conflict.
        MALFORMED: _with_opcode(3, request(address, "169.254.7.7")),
    }


def _with_opcode(opcode, frame):
    frame[ARP].op = opcode
    return frame


def address_of(build, function):
    return address(folder(build) / "firmware.elf", function)


def holding(build):
    """A board that holds a link-local address and does nothing else."""
    board = Board(build)
    board.run("nic.active(True); nic.ipconfig(dhcp4=False)")
    board.run("import socket; udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"udp.bind(('0.0.0.0', {_PORT}))")
    board.run(_HOLD[build])
    return board


def measure_received(build):
    """Name of a frame -> the Call that processes the frame in the interrupt."""
    entry = address_of(build, _ENTRY)
    with holding(build) as board:
        frames = frames_in(board.mac, board.ask("nic.ifconfig()[0]"))
        with Debugger(board.debugger) as debugger:
            return {
                name: min(debugger.measure(entry, lambda: board.send(frame)) for _ in range(_REPEAT))  # noqa: B023
                for name, frame in frames.items()
            }


def measure_sent(build):
    """Name of a packet -> the Call that sends the packet. The peer is in the ARP table."""
    with holding(build) as board:
        calls = {"sent from the link-local address": _send(build, board, board.ask("nic.ifconfig()[0]"), X)}
        board.run(f"nic.ifconfig(({ROUTABLE!r}, '255.255.255.0', '0.0.0.0', '0.0.0.0'))")
        calls["sent from the routable address"] = _send(build, board, ROUTABLE, ROUTABLE_PEER)
        return calls


def _send(build, board, address, peer):
    board.send(request(peer, address))
    code = f"for _ in range({_REPEAT}): udp.sendto(b'', ({peer!r}, 9)); time.sleep_ms(1)"
    entry = address_of(build, _SENT[build])
    with Debugger(board.debugger) as debugger:
        calls = [debugger.measure(entry, lambda: board.start(code))]
        calls += [debugger.measure(entry, lambda: None) for _ in range(_REPEAT - 1)]
    board.end()
    return min(calls)


def measure_conflict():
    """Returns two Calls for a conflict in which autoip defends its address: lwIP's input function with the
    hook, and the function that the hook schedules.
    """
    with holding("autoip") as board:
        board.start("while not svc.stats()['defences']: time.sleep_ms(10)")
        with Debugger(board.debugger) as debugger:
            hook = debugger.measure(
                address_of("autoip", _ENTRY), lambda: board.send(announcement(service_cycle.C))
            )
            scheduled = debugger.measure(address_of("autoip", _SCHEDULED), lambda: None)
        board.end()
    return hook, scheduled


def claim(build):
    """Returns averages of several boards: (ms until the address, ARP frames sent until 4 s after that)."""
    start = {"autoip": "import autoip; autoip.start(nic)"}.get(build, "")
    with contextlib.ExitStack() as stack:
        boards = [stack.enter_context(Board(build, number)) for number in range(1, _CLAIMS + 1)]
        for board in boards:
            board.start(_CLAIM.replace("START", start))
        times = [int(board.end()) for board in boards]
        arps = [sum(frame.arp is not None for frame in board.frames()) for board in boards]
    return round(statistics.mean(times)), statistics.mean(arps)


def first_pages(build):
    """Returns a sorted list: for each of several boards, the ms from the reset to the first page."""
    with contextlib.ExitStack() as stack:
        boards = [stack.enter_context(Board(build, number)) for number in range(1, _CLAIMS + 1)]
        pool = stack.enter_context(ThreadPoolExecutor(_CLAIMS))
        return sorted(pool.map(lambda board: page.first_page(build, board), boards))


def heap_taken():
    """Yields (event, bytes of heap that autoip allocates for it). The service holds an address."""
    with holding("autoip") as board:
        board.run(heap.ON_BOARD)
        board.run(heap.COUNT + "\nlink = svc._link")

        def taken_until(condition):
            return board.ask(f"heap_taken_until(lambda: {condition})")

        taken = 0
        with heap.Storm(board.send, service_cycle.C):
            while board.ask("svc.stats()['malformed']") < _STORM // 2:
                taken += taken_until(heap.A_SECOND_LATER)
        yield f"{_STORM:,} ARP frames", taken
        board.send(announcement(service_cycle.C))
        yield "a defence", taken_until("count('defences') == 1")
        board.send(announcement(service_cycle.C))
        yield (
            "a move, 3 probes, 2 announcements",
            taken_until("count('moves') == 1 and count('announcements') == 4"),
        )


def add_frames(figures):
    calls = {build: measure_received(build) | measure_sent(build) for build in BUILDS}
    names = list(calls["none"])
    for name in names:
        counts = {build: calls[build][name].instructions for build in BUILDS}
        added = {build: counts[build] - counts["none"] for build in ("lwip", "autoip")}
        figures.add(f"instructions: {name}", **counts)
        figures.add(f"instructions added: {name}", budget=_BUDGETS.get(name), **added)
    add_storm(figures, calls["autoip"])
    conflict, defence = measure_conflict()
    figures.add("instructions: conflict, C part", autoip=conflict.instructions)
    figures.add("instructions: conflict, Python part and defence", autoip=defence.instructions)
    for name in names:
        figures.add(f"stack: {name}", **{build: calls[build][name].stack for build in BUILDS})
    figures.add("stack: conflict, C part", autoip=conflict.stack)


def add_storm(figures, calls):
    """Adds the percentage of the CPU that is left for the program on a Pico that receives 4,000 frames/s."""
    for name in (OTHER_HOSTS, MALFORMED):
        left = 100 - 100 * _STORM_RATE * calls[name].instructions / _PICO
        figures.add(f"% of CPU left on a Pico at {_STORM_RATE:,} frames/s: {name}", autoip=round(left, 1))


def add_claims(figures):
    claims = {build: claim(build) for build in ("lwip", "autoip")}
    figures.add("ms to claim an address, mean", **{build: ms for build, (ms, _) in claims.items()})
    figures.add("ARP frames for a claim, mean", **{build: arps for build, (_, arps) in claims.items()})


def add_pages(figures):
    times = {build: first_pages(build) for build in ("lwip", "autoip")}
    medians = {build: round(statistics.median(ms)) for build, ms in times.items()}
    longest = {build: ms[-1] for build, ms in times.items()}
    figures.add("ms from power-on to the first web page, median", budget=_PAGE_MAX, **medians)
    figures.add("ms from power-on to the first web page, longest", **longest)


def main():
    figures = Figures("bench", {"gcc": memory.compiler_version(), "QEMU": qemu_version()})
    add_frames(figures)
    for name, taken in heap_taken():
        figures.add(f"heap: {name}", budget=0, autoip=taken)
    add_claims(figures)
    add_pages(figures)
    figures.show()
    if sys.argv[1:] == ["keep"]:
        figures.keep()


if __name__ == "__main__":
    main()
