# SPDX-License-Identifier: MIT
"""How hypothesis draws examples for a real wire: the same each time, none shrunk, as each takes seconds."""

from hypothesis import HealthCheck, Phase, settings

ON_THE_WIRE = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
