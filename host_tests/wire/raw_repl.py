# SPDX-License-Identifier: MIT
"""Runs programs in the raw REPL of a board on a serial port, with mpremote's transport."""

import contextlib
import struct
import time

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from .waiting import PATIENCE

PROMPT = "raw REPL; CTRL-B to exit"


class RawRepl:
    """The serial port of a board, open until close(). OSError if the port can't be opened.

    timeout: s to wait for each byte from the board. pace: the number of bytes to send at once, and the s that
    the board needs to read them. None if the port has flow control, as USB does.
    """

    def __init__(self, port, timeout=PATIENCE, pace=None):
        try:
            self._transport = SerialTransport(port, timeout=timeout)
        except TransportError as error:
            raise OSError(f"{port}: {error}") from None
        self._timeout = timeout
        self._pace = pace
        self._rest = b""
        self._closing = False

    def run(self, program):
        """Interrupt the board, and start the program. Call this before lines(), or between its lines."""
        try:
            self._transport.enter_raw_repl(soft_reset=False, timeout_overall=self._timeout)
            self._transport.exec_raw_no_follow(program)
        except (TransportError, OSError, struct.error) as error:  # struct: the answer is incomplete
            raise ConnectionError(f"the board does not start the program: {error}") from None
        self._rest = b""

    def wait_for(self, text, timeout=PATIENCE):
        """Wait until the board prints the text. Returns the output up to the text."""
        printed = self._transport.read_until(1, text, timeout=timeout)
        if not printed.endswith(text):
            raise TimeoutError(f"no {text!r} within {timeout} s, but {printed!r}")
        return printed

    def write(self, text):
        data = text.encode()
        size, pause = self._pace or (len(data), 0)
        for start in range(0, len(data), size):
            self._transport.serial.write(data[start : start + size])
            time.sleep(pause)

    def lines(self):
        """Yield the lines that the board prints, until interrupt() or until the port disappears."""
        serial = self._transport.serial
        while not self._closing:
            try:
                more = serial.read(max(1, serial.in_waiting))
            except OSError:
                return
            *lines, self._rest = (self._rest + more).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace").rstrip("\r") + "\n"

    def ask(self, program):
        """Run a program to its end, and return its output. ConnectionError if it raised an exception."""
        try:
            self._transport.enter_raw_repl(soft_reset=False, timeout_overall=self._timeout)
            return self._transport.exec(program).decode()
        except (TransportError, OSError, struct.error) as error:
            raise ConnectionError(f"the board does not run {program!r}: {error}") from None

    def pull_reset(self, seconds):
        """Reset the board with the control lines of the port, if they are connected as on an ESP32 board."""
        serial = self._transport.serial
        with contextlib.suppress(OSError):
            serial.dtr, serial.rts = False, True
            time.sleep(seconds)
            serial.rts = False

    def interrupt(self):
        """End lines()."""
        self._closing = True
        self._transport.serial.cancel_read()

    def close(self):
        with contextlib.suppress(OSError):  # the port has disappeared
            self._transport.serial.close()
