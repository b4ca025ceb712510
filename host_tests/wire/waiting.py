# SPDX-License-Identifier: MIT
"""How long the tests wait, and for what.

The tests wait for the event itself. A limit costs no time if the test passes, and a busy machine may need the
time. To check that something does not happen, a test waits for QUIET. On a busy machine this may miss a bug,
but it never reports a bug that does not exist.
"""

import time

PATIENCE = 60  # s to wait for an event; the board itself waits at most half of this, see agent.py
QUIET = 0.3  # s in which a board would have reacted
SOON = 1.5  # s by the board's own clock: "within a second" in docs/behaviour.md


def wait_until(condition, otherwise, timeout=PATIENCE):
    """Wait until condition() is true. After `timeout` s, TimeoutError with the text `otherwise`."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.001)
