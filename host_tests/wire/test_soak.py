# SPDX-License-Identifier: MIT
"""A short run of `make soak`."""

import pytest

from .soak import BOARDS, Soak

SECONDS = 45  # of disturbances and rests; the last rest may take longer


@pytest.mark.only("unix", "boards of all kinds take part")
def test_all_hosts_rest_after_the_disturbances(bench):
    soak = Soak(bench, seed=1, attack_counts=(2, 5))
    soak.run(SECONDS)
    print(*soak.report(), sep="\n")
    assert soak.rests >= 2 and soak.happened > 10
    assert [member.kind for member in soak.members] == [kind for kind, _, _ in BOARDS]
