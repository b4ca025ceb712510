# SPDX-License-Identifier: MIT
"""A board: its firmware as a process on a wire, told what to do by lines of JSON."""

import itertools
import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time

from .qemu import ROOT, Qemu, mps2
from .waiting import PATIENCE, QUIET, SOON

SANITIZED = os.environ.get("SANITIZED", "-sanitize")  # what follows the name of a sanitized board's folder

_FORGETFUL = ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
_AGENT = pathlib.Path(__file__).with_name("agent.py")
ENTER_RAW_REPL = "\x03\x01"
EXECUTE = "\x04"
_RAW_REPL = "raw REPL; CTRL-B to exit"
_SOFT_RESET = "import machine; machine.soft_reset()"

_numbers = itertools.count(1)


class BoardError(Exception):
    """Code on the board raised an exception: its class by name, and its arguments as text."""


class Board:
    """UNIX_TAP. Runs from now until close(), which fails if it crashed, left an error or hangs.

    sanitize: with the sanitizers, which are too slow for figures of time. forgetful: they keep little of the
    memory that was freed, so that what is resident can be compared.
    """

    FIRMWARE = "UNIX_TAP"
    IDF = "5.5"  # the version of ESP-IDF that UNIX_TASK follows
    ENVIRONMENT = ()  # pairs of a name and a value
    PADS = False  # short frames reach it as they are
    CABLE_SEEN = SOON  # s in which the driver sees that the cable is out or in
    LEASED = "nic.ipconfig('has_dhcp4')"
    CRASHES = ("CRASH pc=",)  # how its last words begin: those of a Cortex-M board

    def __init__(self, wire, log, mac=None, tap=None, sanitize=True, forgetful=False):
        self.mac = mac or f"28:cd:c1:00:00:{next(_numbers) & 0xFF:02x}"
        self.tap = tap or wire.add_tap()
        self.macs = [self.mac]
        self.outages = []  # those of its cable that it may not notice, for the checker
        self.log = log
        self._wire = wire
        self._events = queue.Queue()
        self._answers = queue.Queue()
        self._crash = ""
        log.parent.mkdir(parents=True, exist_ok=True)
        self._errors = log.with_suffix(".err")
        self._asan = "detect_leaks=0" + _FORGETFUL * forgetful
        self._process = self._start(sanitize)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.expect("ready")
        wire.wait_for_port(self.tap)

    def _start(self, sanitize):
        firmware = ROOT / "build" / (self.FIRMWARE + SANITIZED * sanitize) / "micropython"
        command = [firmware, _AGENT, self.tap, self.mac.replace(":", "")]
        environment = dict(os.environ, ASAN_OPTIONS=self._asan, IDF=self.IDF, **dict(self.ENVIRONMENT))
        with open(self._errors, "wb") as errors:
            return self._wire.namespace.popen(
                command,
                env=environment,
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )

    # Time, in s, as it passes for the board

    def now(self):
        return time.monotonic()

    def _wait(self, told, deadline):
        return told.get(timeout=max(0, deadline - self.now()))

    # What a test asks of it

    def expect(self, event, timeout=PATIENCE):
        """Wait for an event and return it, a dict with "time", "address" and "state"; others are skipped."""
        deadline = self.now() + timeout
        while True:
            try:
                told = self._wait(self._events, deadline)
            except queue.Empty:
                raise TimeoutError(f"no event {event!r} within {timeout} s, see {self.log}") from None
            if told is None:
                raise ConnectionError(f"the board is gone: {self._report()}")
            if told["event"] == event:
                return told

    def events(self):
        """The events not yet taken by expect(), without waiting."""
        told = []
        while not self._events.empty():
            told.append(self._events.get())
        return [event["event"] for event in told if event]

    def ask(self, expression, timeout=PATIENCE):
        """The value of an expression on the board; BoardError if it raised."""
        return self._call("eval", expression, timeout)

    def run(self, code, timeout=PATIENCE):
        """Run code on the board; BoardError if it raised."""
        self._call("exec", code, timeout)

    def start(self, **options):
        """svc = autoip.start(nic, ...) on the board."""
        arguments = "".join(f", {name}={value!r}" for name, value in options.items())
        self.run(f"svc = start(nic{arguments})")

    def claim(self, **options):
        """start(), and wait for the address."""
        self.start(**options)
        return self.expect("bound")["address"]

    def until(self, expression, timeout=SOON):
        """Wait until the expression is true on the board; AssertionError after `timeout` s by its clock.

        It is the board that waits: what keeps it from its work keeps its clock from being read as well.
        """
        in_time = self.ask(f"until(lambda: {expression}, {timeout * 1000:.0f})", timeout + PATIENCE)
        assert in_time, f"{expression}: {self.ask(expression.split(' == ')[0])}"

    def settled(self, expression):
        """The value of an expression on the board when it changes no more, after many frames at once."""
        last, value = None, self.ask(expression)
        while value != last:
            time.sleep(QUIET)
            last, value = value, self.ask(expression)
        return value

    @property
    def address(self):
        return self.ask("svc.address")

    def path(self, name):
        """The path of a new file on the board."""
        path = self.log.with_name(f"{self.log.stem}-{name}")
        path.unlink(missing_ok=True)
        return str(path)

    def set_link(self, up):
        self._wire.set_link(self.tap, up)

    def set_mac(self, mac):
        """Change the MAC of `nic`, as a driver does: silently. The checker knows the boards of `macs`."""
        self.macs.append(mac)
        self.run(f"network.LAN({self.tap!r}, mac=bytes.fromhex({mac.replace(':', '')!r}))")

    def sleep(self, seconds):
        """Let the board stand still for some seconds."""
        os.kill(self._process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._process.pid, signal.SIGCONT)

    def flap(self):
        """Pull the cable, and put it back when the driver has seen that; returns the time of that."""
        self.set_link(False)
        self.until("not linked()", self.CABLE_SEEN)
        back = time.time()
        self.set_link(True)
        return back

    def soft_reset(self):
        """Python and the agent begin anew; what was started is gone, and the interface as it was before."""
        self._send("exec", _SOFT_RESET)
        self._begin_anew()
        self.expect("ready")

    def interrupt(self):
        """Ctrl-C."""
        os.kill(self._process.pid, signal.SIGINT)

    def resident(self):
        """KiB of the process that are in memory."""
        with open(f"/proc/{self._process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def close(self):
        """AssertionError if it does not end well."""
        self._end()
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = f"none within {PATIENCE} s, killed ({self._process.wait()})"
        self._reader.join()
        assert code == 0, f"exit code {code}: {self._report()}"
        assert not self._crash, self._report()
        errors = self._errors.read_text(errors="replace")
        assert not errors, f"written to stderr: {errors}"

    def _end(self):
        self._process.stdin.close()  # the end of its input ends the agent

    def _where(self):
        return ""

    # Lines in and out

    def _begin_anew(self):
        """The program of UNIX_TAP runs again by itself."""

    def _send(self, kind, code):
        self._process.stdin.write(json.dumps([kind, code]) + "\n")
        self._process.stdin.flush()

    def _call(self, kind, code, timeout):
        self._send(kind, code)
        try:
            told = self._wait(self._answers, self.now() + timeout)
        except queue.Empty:
            where = self._where()
            raise TimeoutError(f"no answer to {code!r} within {timeout} s, see {self.log}{where}") from None
        if told is None:
            raise ConnectionError(f"the board is gone: {self._report()}")
        if "error" in told:
            raise BoardError(f"{told['error']}: {' '.join(told['args'])}")
        return told["answer"]

    def _read(self):
        with open(self.log, "w") as log:
            for line in self._process.stdout:
                log.write(f"{time.time():.3f} {line}")
                log.flush()
                if line.startswith("{"):
                    self._take(line)
                elif _RAW_REPL in line:
                    self._events.put({"event": "prompt"})
                elif line.startswith(self.CRASHES):
                    self._crash = line
                    self._tell_end()
        self._tell_end()

    def _take(self, line):
        try:
            told = json.loads(line)
        except json.JSONDecodeError:  # cut off by a crash, or by the end of the emulator
            return
        told["time"] = time.time()
        (self._events if "event" in told else self._answers).put(told)

    def _tell_end(self):
        self._events.put(None)
        self._answers.put(None)

    def _report(self):
        told = self._crash + self._errors.read_text(errors="replace")[-4000:]
        return told or f"no error text, see {self.log}"


class NamelessBoard(Board):
    """UNIX_TAP whose driver leaves lwIP's mDNS responder to autoip, as the drivers of stm32 and mimxrt do."""

    ENVIRONMENT = (("NO_MDNS", "1"),)


class TaskBoard(Board):
    """UNIX_TASK, with lwIP in a task of its own as on esp32."""

    FIRMWARE = "UNIX_TASK"


class OlderTaskBoard(TaskBoard):
    """UNIX_TASK with the DHCP client of ESP-IDF 5.3."""

    IDF = "5.3"


class QemuBoard(Board):
    """QEMU_MPS2: told the agent by its raw REPL. The cable is pulled by the emulator."""

    PADS = True  # short frames, with zeros to the 60 octets of Ethernet, as a network card does
    BUILD = "QEMU_MPS2"
    AGENT = _AGENT.read_text()

    def _start(self, sanitize):
        with open(self._errors, "wb") as errors:
            self._qemu = Qemu(
                self._wire,
                self.tap,
                self.mac,
                "stdio,signal=off",
                mps2(self.BUILD),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self._begin(self._qemu.process.stdin, ENTER_RAW_REPL)
        return self._qemu.process

    def _begin(self, stdin, keys):
        stdin.write(keys + "print()\n" + self.AGENT + EXECUTE)
        stdin.flush()

    def _begin_anew(self):
        self.expect("prompt")  # the raw REPL's, which a soft reset leads to
        self._begin(self._process.stdin, "")

    def path(self, name):
        return f"/{name}"

    def set_link(self, up):
        self._qemu.set_link(up)

    def interrupt(self):
        self._process.stdin.write("\x03")
        self._process.stdin.flush()

    def _where(self):
        return "\n" + self._qemu.execute("human-monitor-command", **{"command-line": "info registers"})

    def _end(self):
        self._qemu.quit()
