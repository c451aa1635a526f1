"""How hypothesis looks for counterexamples: `dev` at one's desk, `ci` where a run must repeat.

No property has a deadline: it measures the machine, and a busy one fails whatever it is asked.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CALM = (HealthCheck.too_slow,)  # measured in seconds too

settings.register_profile("dev", deadline=None, suppress_health_check=_CALM)
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    database=None,
    suppress_health_check=_CALM,
)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
