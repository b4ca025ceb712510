# SPDX-License-Identifier: MIT
"""For all tests: Ctrl-C interrupts the programs that the tests start."""

import signal


def pytest_configure():
    # A shell script starts a job in the background with SIGINT ignored, and every program inherits this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
