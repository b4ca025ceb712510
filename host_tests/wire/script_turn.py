# SPDX-License-Identifier: MIT
"""Runs the turns of a script with a board, and records what the script saw and what the board sent."""

import ipaddress
import socket
import struct
import time

from scapy.layers.inet import ICMP, IP

from .board import BoardError
from .comparable import Roles, is_repeated, shortened
from .dhcp import ADDRESS as GATEWAY
from .frames import ADVERSARY_MAC, is_arp, request
from .routable import PEER as ROUTER

LINK_LOCAL, ROUTABLE, OFF_LINK = "link-local", "routable", "off-link"  # kinds of addresses
PREFIX = "of the prefix"  # stands for a host's address when the script sends a broadcast to 169.254/16
ALL = "169.254.255.255"
PORT = 4000  # ports of the hosts' sockets
WAIT = 5  # s to wait for an event; if a board fails, this may pass in each turn

_FENCE = "169.254.99.99"  # sends an ARP Request when a turn ends
_QUIET = 0.05  # s to wait for data that must not arrive, once the board has processed its frames
_RETRY = 8  # s: lwIP repeats an ARP Request each second, five times
_ECHO_ID = 77
_NEW_ENTRIES = 8  # in a second; lwIP has 10 ARP entries, and the fence needs two
_SIZE = 4000  # bytes: more than any script sends
_NAMES = ("PEER", "SECOND", "THIRD")
_NETWORKS = [  # of the hosts' addresses
    {LINK_LOCAL: "169.254.101.0/24", ROUTABLE: "10.0.0.128/25", OFF_LINK: "8.8.1.0/24"},
    {LINK_LOCAL: "169.254.102.0/24", ROUTABLE: "10.0.0.16/28", OFF_LINK: "8.8.2.0/24"},
    {LINK_LOCAL: "169.254.103.0/24", ROUTABLE: "10.0.0.32/28", OFF_LINK: "8.8.3.0/24"},
]
_ROUTERS = (ROUTER, GATEWAY)
_LENGTHS = {LINK_LOCAL: 16, ROUTABLE: 24}  # lengths of the prefixes

# Functions for scripts on the board, in addition to the turn's `own`, `peer` and `subnet`.
PROGRAM = f"""
import socket
opened = []

def opened_socket(kind, name):
    made = socket.socket(socket.AF_INET, kind)
    opened.append(made)
    made.settimeout({WAIT})
    if name:
        made.bind(name)
    return made

def udp(*name):
    return opened_socket(socket.SOCK_DGRAM, name)

def tcp(*name):
    return opened_socket(socket.SOCK_STREAM, name)

def sent(by, data, address):
    global sock
    sock = by
    return by.sendto(data, (address, {PORT}))

def echo(server):
    data, name = server.recvfrom({_SIZE})
    server.sendto(data, name)
    return [len(data), name]

def listener(*name):
    made = tcp(*name)
    made.listen(2)
    return made

def accept(server):
    global connection
    connection, name = server.accept()
    connection.settimeout({WAIT})
    opened.append(connection)
    return name

def is_silent(by):
    by.settimeout(0)
    try:
        return by.recvfrom({_SIZE})
    except OSError:
        return True

def packed(*addresses):
    return bytes(int(part) for address in addresses for part in address.split("."))

def close_all():
    while opened:
        opened.pop().close()
"""


class PoolHost:
    """A Linux host that has all addresses of its networks. Each turn uses a new address, so the board has no
    ARP entry for this address.
    """

    def __init__(self, wire, networks):
        self._free = {kind: ipaddress.ip_network(network).hosts() for kind, network in networks.items()}
        self._host = wire.add_host()
        self.mac = self._host.mac
        addresses = [f"{self.address(kind)}/{length}" for kind, length in _LENGTHS.items()]
        script = f"""
            for address in {" ".join(addresses)}; do ip addr add $address dev eth0; done
            for network in {" ".join(networks.values())}; do ip route add local $network dev lo; done
            # It sends an ARP Request after forget(), and otherwise never again.
            cd /proc/sys/net/ipv4/neigh/eth0
            echo 3600000 > base_reachable_time_ms
            echo 3600 > delay_first_probe_time
        """
        self._host.run("sh", "-ec", script)

    def address(self, kind):
        return str(next(self._free[LINK_LOCAL if kind == PREFIX else kind]))

    def forget(self):
        """Forget the MACs of other hosts."""
        self._host.run("ip", "neigh", "flush", "all")

    def socket(self, kind, protocol=0):
        with self._host.namespace.inside():
            sock = socket.socket(socket.AF_INET, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        sock.settimeout(WAIT)
        return sock

    def join(self, sock, group):
        with self._host.namespace.inside():
            index = socket.if_nametoindex("eth0")
        name = struct.pack("4s4xi", socket.inet_aton(group), index)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, name)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)


class Testbed:
    """A board on its wire, with three hosts. The turns run here.

    router: the router's MAC. addresses: the addresses of the board, by kind. shown: the kind of the address
    that its interface shows. static: the addresses that do not come from autoip.
    """

    def __init__(self, bench, board, router, addresses, shown, static):
        self.bench = bench
        self.board = board
        self.addresses = addresses
        self.shown = shown
        self._static = static
        self.hosts = [PoolHost(bench.wire, networks) for networks in _NETWORKS]
        self.macs = dict(zip((host.mac for host in self.hosts), _NAMES, strict=True))
        self.macs.update({board.mac: "OWN", router: "ROUTER", ADVERSARY_MAC: "ADVERSARY"})
        self._spent = {_FENCE}
        self._asked = {}  # sender and target address of an ARP Request -> time, in s since 1970
        self._new_entries = []  # times of new entries, in s of the monotonic clock
        board.run(PROGRAM)

    def run_turns(self, script, plan, before="", same_host=False):
        """Run the turns of a plan, see Comparison.compare(). Returns the turns."""
        turns = []
        if before:
            self.board.run(before)
        for pairs in plan:
            self._wait_for_entries(len(pairs))
            turns.append(Turn(self, pairs, turns[0] if turns and same_host else None))
            turns[-1].run_script(script, keeps_sockets=bool(before))
        self.board.run("close_all()")
        self._spent.update(peer.address for turn in turns for peer in turn.peers)
        return turns

    def frames(self, started, ended):
        """The frames of the board in a turn, without those of other turns and without repetitions."""
        segments = set()
        for frame in self.bench.capture.since(started):
            if frame.time >= ended:
                return
            if frame.source != self.board.mac:
                continue
            if self._is_of_turn(frame) and not is_repeated(frame, segments):
                yield frame

    def _wait_for_entries(self, count):
        """Wait until new hosts are certain to have ARP entries for the duration of a turn.

        A new entry replaces the oldest entry. lwIP counts the age in seconds. If several entries have the
        same age, lwIP replaces the last of them.
        """
        while True:
            now = time.monotonic()
            self._new_entries = [made for made in self._new_entries if made > now - 1.1]
            if len(self._new_entries) + count <= _NEW_ENTRIES:
                self._new_entries += [now] * count
                return
            time.sleep(0.02)

    def _is_of_turn(self, frame):
        if frame.arp is None:
            return IP not in frame.packet or frame.packet[IP].dst not in self._spent
        sender, target = frame.arp.psrc, frame.arp.pdst
        # lwIP announces a static address at any time, and asks for a router only if no earlier turn has.
        if sender in self._static and target in (sender, *_ROUTERS):
            return False
        return target not in self._spent and not (frame.kind == "request" and self._is_retry(frame))

    def _is_retry(self, frame):
        question = frame.arp.psrc, frame.arp.pdst
        before = self._asked.get(question, 0)
        self._asked[question] = frame.time
        return frame.time - before < _RETRY


class Turn:
    """What a script uses: a board, its address `own` that the turn tests, and the hosts.

    pairs: for each host, the kind of the board's address with which the host communicates, and the kind of
    the host's address.
    before: an earlier turn with the same hosts.
    """

    def __init__(self, testbed, pairs, before=None):
        self.pairs = pairs
        self.board, self.bench, self._testbed = testbed.board, testbed.bench, testbed
        self.own = testbed.addresses[pairs[0][0]]
        prefix = ipaddress.ip_network(f"{self.own}/{_LENGTHS[pairs[0][0]]}", strict=False)
        self.subnet = str(prefix.broadcast_address)
        if before:
            addresses = [peer.address for peer in before.peers]
        else:
            addresses = [host.address(kind) for host, (_, kind) in zip(testbed.hosts, pairs, strict=False)]
        asked = [testbed.addresses[own] for own, _ in pairs]
        peers = zip(_NAMES, testbed.hosts, addresses, asked, strict=False)
        self.peers = [Peer(self, *each) for each in peers]
        self.peer = self.peers[0]
        names = {peer.address: peer.name for peer in self.peers}
        names.update({self.subnet: "SUBNET", ALL: "SUBNET", **dict.fromkeys(_ROUTERS, "ROUTER")})
        asks = {peer.address: peer.own for peer in self.peers}
        others = [address for address in testbed.addresses.values() if address != self.own]
        self.roles = Roles([self.own, *others], testbed.addresses[testbed.shown], names, testbed.macs, asks)
        self.seen = []
        self.sent = []

    def run_script(self, script, keeps_sockets):
        for peer in self.peers:
            peer.host.forget()
        self.board.run(f"own, peer, subnet = {self.own!r}, {self.peer.address!r}, {self.subnet!r}")
        started = time.time()
        try:
            script(self)
        except (AssertionError, OSError, BoardError) as error:
            self.record("the script", f"{type(error).__name__}: {error}")
        if not keeps_sockets:
            self.board.run("close_all()")
        self.sent = self._in_words(self._testbed.frames(started, self.fence()))

    def _in_words(self, frames):
        words = [sent for sent in map(self.roles.sent, frames) if sent]
        return [each for i, each in enumerate(words) if each.what != "IGMP" or each not in words[:i]]

    # Steps of a script. They store their results for the comparison.

    def fence(self):
        """Wait until the board has processed what it received. Returns the time, in s since 1970."""
        sent = self.bench.wire.send(request(_FENCE, self.own))
        return self.bench.capture.wait_for(is_arp("reply", self.board.mac, tpa=_FENCE), after=sent).time

    def run(self, code):
        """Run code on the board."""
        try:
            self.board.run(code)
        except BoardError as error:
            self.record(f"board: {code}", str(error))

    def ask(self, expression):
        """The value of an expression on the board."""
        try:
            self.record(f"board: {expression}", self.roles.translated(self.board.ask(expression)))
        except BoardError as error:
            self.record(f"board: {expression}", str(error))

    def record(self, who, what):
        self.seen.append(f"{who}: {what}")


class Peer:
    """A host in a turn. own: the board's address with which the host communicates."""

    def __init__(self, turn, name, host, address, own):
        self.name, self.host, self.address, self.own = name, host, address, own
        self.mac = host.mac
        self._turn = turn

    def udp(self, port=PORT, address=None):
        """A socket bound to the host's address, or to another address."""
        sock = self.host.socket(socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.bind((self.address if address is None else address, port))
        return sock

    def member(self, group, port):
        """A socket bound to a port that is a member of a group."""
        sock = self.udp(port, "")
        self.host.join(sock, group)
        return sock

    def tcp(self, port=0):
        sock = self.host.socket(socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.address, port))
        return sock

    def connects(self, sock, port):
        try:
            sock.connect((self.own, port))
        except OSError as error:
            self._record(type(error).__name__)
            return False
        return True

    def receives(self, sock):
        """Store the next data that a socket receives."""
        try:
            data, name = sock.recvfrom(_SIZE)
        except OSError as error:
            self._record(type(error).__name__)
        else:
            self._record(f"{shortened(data)} from {name and self.name_of(name)}")

    def receives_nothing(self, sock):
        """Wait until the board has processed its frames, and store what the socket has received by then."""
        self._turn.fence()
        sock.settimeout(_QUIET)
        self.receives(sock)

    def pings(self, size=8, to=None):
        """Send an Echo Request, and store the Reply. to: another destination, which may send no Reply."""
        payload = (bytes(range(256)) * (size // 256 + 1))[:size]
        with self.host.socket(socket.SOCK_RAW, socket.IPPROTO_ICMP) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.bind((self.address, 0))
            sock.sendto(bytes(ICMP(id=_ECHO_ID) / payload), (to or self.own, 0))
            self._turn.fence()
            sock.settimeout(_QUIET if to else WAIT)
            try:
                packet, name = sock.recvfrom(_SIZE)
            except TimeoutError:
                self._record("no answer")
            else:
                whole = packet[28:] == payload
                self._record(f"ICMP {packet[20]} from {self.name_of(name)[0]}, payload is whole: {whole}")

    def name_of(self, name):
        """The address of a socket, with roles instead of addresses."""
        return [self._turn.roles.source(name[0], self.address), *self._turn.roles.translated(name[1:])]

    def _record(self, what):
        self._turn.record(self.name, what)
