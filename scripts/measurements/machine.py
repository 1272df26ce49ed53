"""Tells whether the machine is quiet enough to judge figures."""

import os
from collections.abc import Sequence

from scripts.measurements.figures import relative_spread

LOAD_MAX = 0.5
ECHO_SPREAD_MAX = 0.15
ROUNDS_MIN = 5


def load_now() -> float:
    """Returns how many processes wanted a processor, on average over the last minute; 0 if the system cannot tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def noise(load_before: float, echo_rates: Sequence[float]) -> list[str]:
    """Returns the reasons not to judge figures. load_before: load_now() before the first measurement."""
    found = []
    if load_before > LOAD_MAX:
        found.append(f"the load before the start was {load_before:.1f}, above {LOAD_MAX}")
    if (spread := relative_spread(echo_rates)) > ECHO_SPREAD_MAX:
        found.append(f"the echo's rates differ by {spread:.0%}, more than {ECHO_SPREAD_MAX:.0%}")
    if len(echo_rates) < ROUNDS_MIN:
        found.append(f"there were {len(echo_rates)} rounds, fewer than {ROUNDS_MIN}")
    return found
