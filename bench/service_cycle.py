# SPDX-License-Identifier: MIT
"""Runs a service on a board from start to stop, for `make size`. `make bench` uses only the constants."""

from wire.frames import announcement

C = "169.254.20.20"

START = f"svc = autoip.start(nic, ip={C!r}, delay=200)"
CLAIMED = "while svc.state != 'bound': time.sleep_ms(10)"


def live(board):
    """Claim, defence, move, second claim and stop. `nic` is active and `autoip` is imported."""
    board.run(START)
    board.run(CLAIMED)
    for counter in ("defences", "moves"):
        board.send(announcement(C))
        board.run(f"while svc.stats()[{counter!r}] == 0: time.sleep_ms(10)")
    board.run(CLAIMED)
    board.run("svc.stop()")
