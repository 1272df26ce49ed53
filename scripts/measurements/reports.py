"""Reports: figures as they are printed, and as JSON."""

from collections.abc import Sequence
from typing import Any

from scripts.measurements.figures import Figures, by_name, medians, ratios, spreads
from scripts.measurements.machine import noise
from scripts.measurements.rounds import Measured
from scripts.measurements.table import Measurement

Report = dict[str, Any]


def report(measurement: Measurement, sides: Sequence[Measured], load_before: float) -> Report:
    """Returns the figures of a measurement: medians, and under "spread" the least and the largest value of each. With
    two sides, these are under "old" and "new", and the figures of new divided by those of old, round by round, under
    "ratio". A measurement with violations has no figures, only the violations under "broken"."""
    broken = list(dict.fromkeys(violation for side in sides for violation in side.violations))
    found: Report = {"violations": len(broken)}
    if broken:
        return found | {"broken": broken}
    shown = [[measurement.shown(one) for one in side.rounds] for side in sides]
    found["noise"] = noise(load_before, by_name(sides[0].rounds)["echo_rate"])
    if len(shown) == 1:
        return summary(shown[0]) | found
    old, new = shown
    return {"old": summary(old), "new": summary(new), "ratio": summary(ratios(new, old))} | found


def summary(rounds: Sequence[Figures]) -> Report:
    """Returns the median of each figure, and the spreads under "spread"."""
    return {**medians(rounds), "spread": spreads(rounds)}


def lines(name: str, told: Report) -> list[str]:
    """Returns a report as text."""
    if told["violations"]:
        return [f"{name}: no figures, because of violations:", *(f"  VIOLATION {one}" for one in told["broken"])]
    return [
        f"{name}:",
        *(f"  too noisy to judge: {one}" for one in told["noise"]),
        *(pairs(told) if "old" in told else alone(told)),
        "  no violations",
    ]


def alone(told: Report) -> list[str]:
    """Returns a line for each figure: its median and its spread."""
    return [
        f"  {name:20} {told[name]:>12,.3f}   ({low:,.3f} to {high:,.3f})"
        for name, (low, high) in told["spread"].items()
    ]


def pairs(told: Report) -> list[str]:
    """Returns a line for each figure: the old and the new median, and the spread of their ratio."""
    rows = [f"  {'':20} {'old':>12} {'new':>12}  new/old"]
    for name, (low, high) in told["ratio"]["spread"].items():
        old, new, ratio = told["old"][name], told["new"][name], told["ratio"][name]
        rows.append(f"  {name:20} {old:>12,.3f} {new:>12,.3f}  {ratio:.3f} ({low:.3f} to {high:.3f})")
    return rows
