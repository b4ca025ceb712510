# SPDX-License-Identifier: MIT
"""A pseudo-terminal that is connected to two pipes. The transport of mpremote needs a serial port."""

import os
import select
import threading
import tty

_CHUNK = 4096  # bytes


class Terminal:
    """A serial port with the path `port`. A thread copies data from the port to the file `to`, and from the
    file `source` to the port.

    to, source: unbuffered files. The thread ends and removes the port at the end of `source`, or if `to` is
    closed. close() waits for the end of the thread.
    """

    def __init__(self, to, source):
        self._to, self._source = to, source
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave  # keeps the terminal open while no other process has it open
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def close(self):
        self._thread.join()

    def _relay(self):
        try:
            while True:
                origin, data = self._next()
                if not data:
                    return
                if origin == self._master:
                    self._to.write(data)
                else:
                    os.write(self._master, data)
        except (OSError, ValueError):  # the emulator has ended, or its input has been closed
            pass
        finally:
            os.close(self._slave)
            os.close(self._master)

    def _next(self):
        """Wait for data from the port or from `source`. Returns the file descriptor and the data."""
        source = self._source.fileno()
        ready, _, _ = select.select([self._master, source], [], [])
        origin = source if source in ready else self._master
        return origin, os.read(origin, _CHUNK)
