# SPDX-License-Identifier: MIT
"""How long the tests wait, and for what.

What must come is awaited: a limit costs nothing when all goes well, and a machine with other work to do
may need the time. For what must not come a test listens for QUIET: on a busy machine it may miss a fault,
and never sees one that is none.
"""

import time

PATIENCE = 60  # s for what must come; the board itself waits for half of this at most, see agent.py
QUIET = 0.3  # s in which a board would have reacted
SOON = 1.5  # s by the board's own clock: "within a second" in docs/behaviour.md


def wait_until(condition, otherwise, timeout=PATIENCE):
    """Wait until condition() is true; TimeoutError with the text `otherwise` after `timeout` s."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(otherwise)
        time.sleep(0.001)
