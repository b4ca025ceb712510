# SPDX-License-Identifier: MIT
"""Thirty days of disturbances on one link. Every board finds an address again, no two boards hold the same
address, and the use of the heap does not grow.

Covers R3927-2.2.1-n, R3927-2.4-a, R3927-2.5-a, X-29, X-36, X-37 and D7.
"""

import soak

DAYS = 30
GROWTH = 4096 if soak.MICROPYTHON else 64  # bytes; blocks


def _soak(seed, days):
    world = soak.Soak(seed)
    world.run(days)
    return world


def test_thirty_days():
    world = _soak(1, DAYS)
    assert min([world.happened.get(name, 0) for name in soak.DISTURBANCES]) > 2, world.happened
    assert world.rests > 100 and world.frames > 10000, (world.rests, world.frames)
    assert world.wraps == 3
    assert min([board.events for board in world.boards]) > 500
    # A thousand services have been started. The use of the heap varies with the number of pending timers.
    assert len(world.used) > 25
    assert min(world.used[20:]) < min(world.used[:10]) + GROWTH, world.used


def test_the_same_seed_gives_the_same_frames():
    digests = [_soak(seed, 2).digest for seed in (2, 2, 3)]
    assert digests[0] == digests[1] != digests[2]
