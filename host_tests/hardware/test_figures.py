# SPDX-License-Identifier: MIT
"""Figures of make test-hardware that come from the output of another program."""

from hardware.figures import ping_times


def test_ping_times_of_a_slow_board():
    """If an answer takes longer than the interval between two pings, ping also prints "pipe" and a number."""
    assert ping_times("rtt min/avg/max/mdev = 2.101/33.956/89.386/22.772 ms, pipe 2\n") == [
        2.101,
        33.956,
        89.386,
    ]
    assert ping_times("rtt min/avg/max/mdev = 0.217/0.331/1.002/0.101 ms\n") == [0.217, 0.331, 1.002]
