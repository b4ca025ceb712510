"""make bench: what autoip adds to the frames and the time of a board, beside lwIP's AutoIP and nothing."""

import contextlib
import statistics
import sys

import life
import memory
from board import BUILDS, Board, folder, qemu_version
from debugger import Debugger, address
from figures import Figures
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from wire import heap
from wire.frames import BROADCAST, THIEF, announcement, request

X = "169.254.7.9"
ANSWERED = "IPv4 to us, a ping and its answer"
_REPEAT = 5  # of a count of instructions; the least is taken, the first fills ARP tables
_ADDED_MAX = 20  # instructions, to a frame that is not ARP
_CLAIMS = 6  # boards of a build that claim an address at the same time
_STORM = 10000  # frames
_PORT = 7  # a socket's

# Where lwIP's interface has a received frame go, and what of autoip runs in the scheduler.
_ENTRY = "ethernet_input"
_SCHEDULED = "call_on_wake"

# All three builds have a link-local address when frames are counted.
_HOLD = {
    "none": f"nic.ipconfig(addr4=({life.C!r}, '255.255.0.0'))",
    "lwip": "while nic.ifconfig()[0] == '0.0.0.0': time.sleep_ms(10)",
    "autoip": f"import autoip\n{life.START}\n{life.CLAIMED}",
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
    """What is received, by name. ARP comes first: it tells the board where an answer has to go."""
    broadcast = Ether(src=THIEF, dst=BROADCAST)
    unicast = Ether(src=THIEF, dst=mac)
    return {
        "ARP that asks for us": request(X, address),
        "ARP of strangers": request("169.254.7.8", "169.254.7.7"),
        "neither ARP nor IP": Ether(src=THIEF, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(bytes(46)),
        "IPv6": Ether(src=THIEF, dst="33:33:00:00:00:01") / IPv6(src="fe80::1", dst="ff02::1") / UDP(dport=9),
        "IPv4 broadcast": broadcast / IP(src=X, dst="255.255.255.255") / UDP(dport=9),
        "IPv4 multicast": Ether(src=THIEF, dst="01:00:5e:00:00:05")
        / IP(src=X, dst="224.0.0.5")
        / UDP(dport=9),
        "IPv4 to us, UDP": unicast / IP(src=X, dst=address) / UDP(dport=_PORT),
        ANSWERED: unicast / IP(src=X, dst=address) / ICMP(),
    }


def address_of(build, function):
    return address(folder(build) / "firmware.elf", function)


def holding(build):
    """A board that holds a link-local address, and nothing else goes on."""
    board = Board(build)
    board.run("nic.active(True); nic.ipconfig(dhcp4=False)")
    board.run("import socket; udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)")
    board.run(f"udp.bind(('0.0.0.0', {_PORT}))")
    board.run(_HOLD[build])
    return board


def count_frames(build):
    """name -> Call of what handles a received frame in the interrupt, by name of the frame."""
    entry = address_of(build, _ENTRY)
    with holding(build) as board:
        frames = frames_in(board.mac, board.ask("nic.ifconfig()[0]"))
        with Debugger(board.debugger) as debugger:
            return {
                name: min(debugger.measure(entry, lambda: board.send(frame)) for _ in range(_REPEAT))  # noqa: B023
                for name, frame in frames.items()
            }


def count_conflict():
    """(Call of the hook, Call of what it schedules) for a conflict that is defended."""
    with holding("autoip") as board:
        board.begin("while not svc.stats()['defences']: time.sleep_ms(10)")
        with Debugger(board.debugger) as debugger:
            hook = debugger.measure(address_of("autoip", _ENTRY), lambda: board.send(announcement(life.C)))
            scheduled = debugger.measure(address_of("autoip", _SCHEDULED), lambda: None)
        board.end()
    return hook, scheduled


def claim(build):
    """(ms until the address, ARP frames sent until 4 s later), means of some boards."""
    start = {"autoip": "import autoip; autoip.start(nic)"}.get(build, "")
    with contextlib.ExitStack() as stack:
        boards = [stack.enter_context(Board(build, number)) for number in range(1, _CLAIMS + 1)]
        for board in boards:
            board.begin(_CLAIM.replace("START", start))
        times = [int(board.end()) for board in boards]
        arps = [sum(frame.arp is not None for frame in board.frames()) for board in boards]
    return round(statistics.mean(times)), statistics.mean(arps)


def heap_taken():
    """Bytes by what happens to a service that holds its address."""
    with holding("autoip") as board:
        board.run(heap.ON_BOARD)
        board.run(heap.COUNT + "\nlink = svc._link")

        def taken_until(condition):
            return board.ask(f"heap_taken_until(lambda: {condition})")

        with heap.Storm(board.send, life.C):
            yield f"{_STORM:,} ARP frames", taken_until(f"count('malformed') + link.drops >= {_STORM // 2}")
        board.send(announcement(life.C))
        yield "a defence", taken_until("count('defences') == 1")
        board.send(announcement(life.C))
        yield (
            "a move, 3 probes, 2 announcements",
            taken_until("count('moves') == 1 and count('announcements') == 4"),
        )


def add_frames(figures):
    calls = {build: count_frames(build) for build in BUILDS}
    names = list(calls["none"])
    for name in names:
        counts = {build: calls[build][name].instructions for build in BUILDS}
        added = {build: counts[build] - counts["none"] for build in ("lwip", "autoip")}
        figures.add(f"instructions: {name}", **counts)
        unlimited = name == ANSWERED or name.startswith("ARP")
        figures.add(f"added to: {name}", budget=None if unlimited else _ADDED_MAX, **added)
    conflict, defence = count_conflict()
    figures.add("instructions: conflict, the hook", autoip=conflict.instructions)
    figures.add("instructions: conflict, Python and the defence", autoip=defence.instructions)
    for name in names:
        figures.add(f"stack: {name}", **{build: calls[build][name].stack for build in BUILDS})
    figures.add("stack: conflict, the hook", autoip=conflict.stack)


def add_claims(figures):
    claims = {build: claim(build) for build in ("lwip", "autoip")}
    figures.add("ms to an address, mean", **{build: ms for build, (ms, _) in claims.items()})
    figures.add("ARP frames for it, mean", **{build: arps for build, (_, arps) in claims.items()})


def main():
    figures = Figures("bench", {"gcc": memory.compiler_version(), "QEMU": qemu_version()})
    add_frames(figures)
    for name, taken in heap_taken():
        figures.add(f"heap: {name}", budget=0, autoip=taken)
    add_claims(figures)
    figures.show()
    if sys.argv[1:] == ["keep"]:
        figures.keep()


if __name__ == "__main__":
    main()
