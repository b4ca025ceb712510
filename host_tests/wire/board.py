# SPDX-License-Identifier: MIT
"""A board: a process on a wire that runs the firmware, and that the tests control with lines of JSON."""

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
from .raw_repl import PROMPT, RawRepl
from .waiting import PATIENCE, QUIET, SOON

SANITIZED = os.environ.get("SANITIZED", "-sanitize")  # the suffix of the directory of a sanitized board

_SMALL_QUARANTINE = ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
_AGENT = pathlib.Path(__file__).with_name("agent.py")
_SOFT_RESET = "import machine; machine.soft_reset()"

_numbers = itertools.count(1)


class BoardError(Exception):
    """Code on the board raised an exception: its class by name, and its arguments as text."""


class Board:
    """UNIX_TAP. A new board runs until close(). close() fails if the board has crashed, has printed an error
    or does not end.

    sanitize: with the sanitizers, which are too slow for measurements of time. small_quarantine: the
    sanitizers' quarantine for freed memory is small, so that a test can compare values of resident().
    """

    FIRMWARE = "UNIX_TAP"
    IDF = "5.5"  # the version of ESP-IDF that UNIX_TASK follows
    ENVIRONMENT = ()  # pairs of a name and a value
    PADS = False  # the board receives short frames without padding
    CABLE_SEEN = SOON  # s until the driver has detected that the cable is out or in
    LEASED = "nic.ipconfig('has_dhcp4')"
    CRASHES = ("CRASH pc=",)  # the text that reports a crash, on a Cortex-M board

    def __init__(self, wire, log, mac=None, tap=None, sanitize=True, small_quarantine=False):
        self.mac = mac or f"28:cd:c1:00:00:{next(_numbers) & 0xFF:02x}"
        self.tap = tap or wire.add_tap()
        self.macs = [self.mac]
        self.outages = []  # for the checker: outages of the cable that the board may not notice
        self.log = log
        self._wire = wire
        self._events = queue.Queue()
        self._answers = queue.Queue()
        self._crash = ""
        log.parent.mkdir(parents=True, exist_ok=True)
        self._errors = log.with_suffix(".err")
        self._asan = "detect_leaks=0" + _SMALL_QUARANTINE * small_quarantine
        self._process = self._start(sanitize)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.expect("ready")
        wire.wait_for_port(self.tap)

    def _start(self, sanitize):
        self.elf = ROOT / "build" / (self.FIRMWARE + SANITIZED * sanitize) / "micropython"
        command = [self.elf, _AGENT, self.tap, self.mac.replace(":", "")]
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

    # The time of the board, in s

    def now(self):
        return time.monotonic()

    def _wait(self, messages, deadline):
        return messages.get(timeout=max(0, deadline - self.now()))

    # What a test can do

    def expect(self, name, timeout=PATIENCE):
        """Wait for an event and return it, a dict with "time", "address" and "state". Skips other events."""
        deadline = self.now() + timeout
        while True:
            try:
                event = self._wait(self._events, deadline)
            except queue.Empty:
                raise TimeoutError(f"no event {name!r} within {timeout} s, see {self.log}") from None
            if event is None:
                raise ConnectionError(f"the board is gone: {self._report()}")
            if event["event"] == name:
                return event

    def events(self):
        """The names of the events that expect() has not returned yet, without waiting."""
        events = []
        while not self._events.empty():
            events.append(self._events.get())
        return [event["event"] for event in events if event]

    def ask(self, expression, timeout=PATIENCE):
        """The value of an expression on the board. BoardError if it raised an exception."""
        return self._call("eval", expression, timeout)

    def run(self, code, timeout=PATIENCE):
        """Run code on the board. BoardError if it raised an exception."""
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
        """Wait until the expression is true on the board. AssertionError after `timeout` s by its clock.

        The board itself waits. So a busy machine that delays the board also delays the timeout.
        """
        in_time = self.ask(f"until(lambda: {expression}, {timeout * 1000:.0f})", timeout + PATIENCE)
        assert in_time, f"{expression}: {self.ask(expression.split(' == ')[0])}"

    def settled(self, expression):
        """The value of an expression on the board, once it no longer changes. For use after many frames."""
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
        """Change the MAC of `nic` silently, as a driver does. `macs` gets the MAC, for the checker."""
        self.macs.append(mac)
        self.run(f"network.LAN({self.tap!r}, mac=bytes.fromhex({mac.replace(':', '')!r}))")

    def sleep(self, seconds):
        """Stop the board for some seconds."""
        os.kill(self._process.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._process.pid, signal.SIGCONT)

    def flap(self):
        """Pull the cable, and plug it in again once the driver has detected that it is out.

        Returns the time when the cable is plugged in.
        """
        self.set_link(False)
        self.until("not linked()", self.CABLE_SEEN)
        back = time.time()
        self.set_link(True)
        return back

    def soft_reset(self):
        """Python and the agent start again. The services are gone, and the interface is as before."""
        self._send("exec", _SOFT_RESET)
        self.expect("ready")

    def interrupt(self):
        """Ctrl-C."""
        os.kill(self._process.pid, signal.SIGINT)

    def resident(self):
        """The resident memory of the process, in KiB."""
        with open(f"/proc/{self._process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def load_address(self):
        """The difference between an address on the board and the same address in the ELF file."""
        program = str(self.elf.resolve())
        with open(f"/proc/{self._process.pid}/maps") as maps:
            return next(int(line.split("-")[0], 16) for line in maps if program in line)

    def memory(self, address, size):
        """Bytes of the board's memory at an address of the ELF file."""
        with open(f"/proc/{self._process.pid}/mem", "rb", buffering=0) as memory:
            memory.seek(self.load_address() + address)
            return memory.read(size)

    def close(self):
        """AssertionError if the board has crashed, does not end, or has printed an error."""
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

    def _lines(self):
        return self._process.stdout

    def _restart(self):
        """Called when the board is at the prompt of its raw REPL again, after a soft reset."""

    def _send(self, kind, code):
        self._process.stdin.write(json.dumps([kind, code]) + "\n")
        self._process.stdin.flush()

    def _call(self, kind, code, timeout):
        self._send(kind, code)
        try:
            answer = self._wait(self._answers, self.now() + timeout)
        except queue.Empty:
            where = self._where()
            raise TimeoutError(f"no answer to {code!r} within {timeout} s, see {self.log}{where}") from None
        if answer is None:
            raise ConnectionError(f"the board is gone: {self._report()}")
        if "error" in answer:
            raise BoardError(f"{answer['error']}: {' '.join(answer['args'])}")
        return answer["answer"]

    def _read(self):
        try:
            with open(self.log, "w") as log:
                for line in self._lines():
                    log.write(f"{time.time():.3f} {line}")
                    log.flush()
                    self._handle(line)
        except ConnectionError as error:
            self._crash = str(error)
        finally:
            self._end_queues()

    def _handle(self, line):
        if line.startswith("{") and self._store(line):
            return
        if PROMPT in line:
            self._restart()
        elif any(text in line for text in self.CRASHES):  # the line may start with half a message
            self._crash = line
            self._end_queues()

    def _store(self, line):
        """Store a message of the agent. False if the message is incomplete, after a crash or at the end."""
        try:
            message = json.loads(line)
        except json.JSONDecodeError:
            return False
        message["time"] = time.time()
        (self._events if "event" in message else self._answers).put(message)
        return True

    def _end_queues(self):
        self._events.put(None)
        self._answers.put(None)

    def _report(self):
        text = self._crash + self._errors.read_text(errors="replace")[-4000:]
        return text or f"no error text, see {self.log}"


class NoMdnsBoard(Board):
    """UNIX_TAP whose driver does not add the interface to lwIP's mDNS responder, as on stm32 and mimxrt."""

    ENVIRONMENT = (("NO_MDNS", "1"),)


class TaskBoard(Board):
    """UNIX_TASK. lwIP runs in its own task, as on esp32."""

    FIRMWARE = "UNIX_TASK"


class OlderTaskBoard(TaskBoard):
    """UNIX_TASK with the DHCP client of ESP-IDF 5.3."""

    IDF = "5.3"


class SerialBoard(Board):
    """A board that runs the agent in the raw REPL of its serial port."""

    AGENT = _AGENT.read_text()
    TIMEOUT = PATIENCE  # s to wait for a byte of the raw REPL
    PACE = None  # see RawRepl

    def _start(self, sanitize):
        process = self._launch()
        try:
            self._start_agent()
        except BaseException:
            if process:
                process.kill()
            raise
        return process

    def _launch(self):
        """Start the board and open its port as self._repl. Returns the process, or None for real hardware."""
        raise NotImplementedError

    def _start_agent(self):
        self._repl.run(self.AGENT)

    def path(self, name):
        return f"/{name}"

    def close(self):
        try:
            super().close()
        finally:
            self._repl.close()

    def _end(self):
        self._repl.interrupt()

    def _lines(self):
        return self._repl.lines()

    def _restart(self):
        self._repl.run(self.AGENT)

    def _send(self, kind, code):
        self._repl.write(json.dumps([kind, code]) + "\n")

    def interrupt(self):
        self._repl.write("\x03")


class QemuBoard(SerialBoard):
    """QEMU_MPS2. The emulator pulls the cable."""

    PADS = True  # to the 60 bytes of Ethernet, with zeros, as a network card does
    BUILD = "QEMU_MPS2"
    elf = ROOT / "build" / BUILD / "firmware.elf"

    def _launch(self):
        self._qemu = Qemu(self._wire, self.tap, self.mac, self._errors, mps2(self.BUILD))
        self._repl = RawRepl(self._qemu.port, self.TIMEOUT, self.PACE)
        self._qemu.resume()
        return self._qemu.process

    def set_link(self, up):
        self._qemu.set_link(up)

    def load_address(self):
        return 0

    def memory(self, address, size):
        return self._qemu.memory(address, size)

    def _where(self):
        return "\n" + self._qemu.execute("human-monitor-command", **{"command-line": "info registers"})

    def _end(self):
        self._qemu.quit()
