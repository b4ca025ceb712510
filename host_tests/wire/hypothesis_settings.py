# SPDX-License-Identifier: MIT
"""The settings of hypothesis for the test wire: the same examples in each run, and no shrinking, because an
example takes seconds.
"""

from hypothesis import HealthCheck, Phase, settings

ON_THE_WIRE = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
