# SPDX-License-Identifier: MIT
"""A real board, which is connected to a serial port and to a network card. See host_tests/hardware."""

import contextlib
import os
import time

import pytest
from pyroute2 import IPRoute, netns

from .board import SerialBoard
from .cable import move_cable
from .checker import Outage
from .esp32 import Esp32Board
from .namespace import returning
from .raw_repl import RawRepl
from .waiting import wait_until
from .wire import forwards

BRIDGE = "hardware"  # the bridge in the network card's namespace. The card is a port of it.

PACE = 64, 0.01  # a UART has no flow control, and MicroPython's buffer has at least 256 bytes
ANSWER_TIME = 3  # s for the answer to Ctrl-A, and for a byte of the raw REPL
LINK_TIME = 30  # s from active(True) until the card and the board have a link
BOOT_TIME = 15  # s from a reset until the port exists and MicroPython answers
_SETTLE = 0.5  # s from a reset until the board has closed its port
_RESET = "import machine; machine.reset()"
_BANNER = "MicroPython v"  # the first line that a board prints when it starts
_RESET_PULSE = 0.1  # s
_LOOK = 0.1  # s between two attempts

# After a soft reset an ESP32 may still be connecting, and connect() raises. Until an ESP32 has an address,
# its status() does not show whether it is connected to the access point.
_WLAN = """\
import network, sys, time
nic = network.WLAN(network.WLAN.IF_STA)
nic.active(True)
try:
    nic.connect({ssid!r}, {key!r})
except OSError as error:
    print("Wi-Fi:", error)
for _ in range(100):
    if sys.platform != "esp32" and nic.status() >= 2:
        break
    time.sleep_ms(100)
"""

_used = set()  # ports


def ports():
    """The serial ports of the boards. The list is empty if there is no hardware."""
    return os.environ.get("HARDWARE_PORTS", "").split()


class BoardGone(ConnectionError):
    """The board or its link does not work any more. A person has to check it."""


class HardwareBoard(SerialBoard):
    """A board on a serial port, after a reset. Its MAC is fixed. LINK_CMD or a person unplugs its cable."""

    PADS = True
    PACE = PACE
    CRASHES = (_BANNER, *Esp32Board.CRASHES)
    cables = 0  # the number of cables that have been created

    def __init__(self, wire, log, mac=None, sanitize=True):
        if mac:
            pytest.skip("the MAC of a board is fixed")
        free = [port for port in ports() if port not in _used]
        if not free:
            pytest.skip(f"the test needs more than {len(ports())} board: pass several ports in PORT=")
        self.port = free[0]
        self._repl = None
        self._pulled = None  # when the cable was pulled, in s since 1970
        _used.add(self.port)
        try:
            super().__init__(wire, log, tap=self._cable())
            wait_for_link()
            self.mac = self.ask("nic.config('mac').hex(':')")
            self.macs = [self.mac]
            if self.ask("sys.platform") == "esp32":
                self.LEASED, self.CABLE_SEEN = Esp32Board.LEASED, Esp32Board.CABLE_SEEN
        except BaseException:
            _used.remove(self.port)
            if self._repl:
                self._repl.close()
            raise

    def _cable(self):
        """The name of the cable to the network card. All boards share one cable, because two are a loop."""
        if len(_used) == 1:
            HardwareBoard.cables += 1
        return f"card{self.cables}"

    def restart(self):
        """Reset the board, so that it runs its boot.py and main.py. Returns the time before the reset.

        The agent does not run any more.
        """
        self.CRASHES = ()
        before = time.time()
        self._send("exec", _RESET)
        self._stop()
        return before

    def run_without_agent(self, program):
        """After restart(): interrupt the running program, run this program and return its output."""
        repl = attach(self.port)
        try:
            return repl.ask(program)
        finally:
            repl.close()

    def _launch(self):
        self._errors.touch()
        self._repl = reset(self.port)
        if len(_used) == 1:
            # The other boards must not continue the program of the previous test.
            for port in ports()[1:]:
                reset(port).close()
            plug(self._wire, self.tap)
        if "SSID" in os.environ:
            connect = _WLAN.format(ssid=os.environ["SSID"], key=os.environ.get("KEY", ""))
            self.AGENT = connect + SerialBoard.AGENT

    def set_link(self, up):
        if self.port != ports()[0]:
            pytest.skip("only the cable of the first board can be unplugged")
        before = time.time()
        move_cable(up)
        if not up:
            self._pulled = before
        elif self._pulled:
            self.outages.append(Outage(time.time(), self._pulled, self.mac, blind=True))
            self._pulled = None

    def soft_reset(self):
        super().soft_reset()
        wait_for_link()  # after a reset, an Ethernet chip has no link for some seconds

    def sleep(self, seconds):
        pytest.skip("a board can't be stopped from outside")

    def resident(self):
        pytest.skip("a board is not a process")

    def close(self):
        _used.remove(self.port)
        self._stop()
        if self._pulled:
            self.set_link(True)
        assert not self._crash, self._report()

    def _stop(self):
        self._repl.interrupt()
        self._reader.join()
        self._repl.close()

    def _report(self):
        if _BANNER in self._crash:
            return f"the board has reset itself, see {self.log}"
        return super()._report()


def reset(port):
    """Reset the board, and return its RawRepl once MicroPython answers. BoardGone if it does not."""
    repl = attach(port)
    with contextlib.suppress(OSError):  # the port of a board with USB disappears
        repl.run(_RESET)
    repl.close()
    time.sleep(_SETTLE)
    return attach(port)


def attach(port):
    """The RawRepl of a board that runs, or that has been reset. BoardGone if it does not answer."""
    with contextlib.suppress(OSError):
        return _answering(port)
    with contextlib.suppress(OSError):
        repl = RawRepl(port)
        repl.pull_reset(_RESET_PULSE)
        repl.close()
    try:
        return _answering(port)
    except OSError as error:
        raise BoardGone(
            f"the board at {port} does not answer ({error}): reset it, or plug it in again"
        ) from None


def _answering(port):
    deadline = time.monotonic() + BOOT_TIME
    while True:
        try:
            repl = RawRepl(port, ANSWER_TIME, PACE)
            try:
                repl.run("")
                return repl
            except OSError:
                repl.close()
                raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK)


def plug(wire, name):
    """Connect the wire's first bridge with the network card. `name` is the name of the devices."""
    with _namespace_of_card() as (namespace, route):
        wire.add_cable(name, namespace, name)
        index, bridge = (route.link_lookup(ifname=device)[0] for device in (name, BRIDGE))
        route.link("set", index=index, master=bridge, state="up")
    wire.wait_for_port(name)


def wait_for_link():
    """Wait until the bridge of the card forwards on all its ports. BoardGone if the card has no carrier.

    The kernel detects a carrier with a delay, and until then the frames of the board are lost.
    """
    with _namespace_of_card() as (_, route):
        bridge = route.link_lookup(ifname=BRIDGE)[0]
        try:
            wait_until(lambda: all(map(forwards, route.get_links(master=bridge))), "", LINK_TIME)
        except TimeoutError:
            raise BoardGone("the network card has no link: is the cable to the board plugged in?") from None


@contextlib.contextmanager
def _namespace_of_card():
    """The descriptor of the card's namespace, and an IPRoute in this namespace."""
    namespace = os.open(os.environ["HARDWARE_NAMESPACE"], os.O_RDONLY | os.O_CLOEXEC)
    try:
        with returning():
            netns.setns(namespace)
            route = IPRoute()
        with route:
            yield namespace, route
    finally:
        os.close(namespace)
