"""Medians, spreads and percentiles of measured figures."""

import statistics
from collections.abc import Sequence

Figures = dict[str, float]
PERCENTS = 100


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that this share of the values does not exceed; 0 without values. share: from 0.01 to 0.99."""
    if len(values) <= 1:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=PERCENTS, method="inclusive")[round(share * PERCENTS) - 1]


def relative_spread(values: Sequence[float]) -> float:
    """Returns the distance from the least to the largest value, divided by the median."""
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if middle else 0.0


def medians(rounds: Sequence[Figures]) -> Figures:
    """Returns the median of each figure over the rounds that have it."""
    return {name: rounded(statistics.median(values)) for name, values in by_name(rounds).items()}


def spreads(rounds: Sequence[Figures]) -> dict[str, list[float]]:
    """Returns the least and the largest value of each figure."""
    return {name: [rounded(min(values)), rounded(max(values))] for name, values in by_name(rounds).items()}


def by_name(rounds: Sequence[Figures]) -> dict[str, list[float]]:
    """Returns the values of each figure, in the order of the rounds."""
    names = dict.fromkeys(name for one in rounds for name in one)
    return {name: [one[name] for one in rounds if name in one] for name in names}


def ratios(new: Sequence[Figures], old: Sequence[Figures]) -> list[Figures]:
    """Returns each round's figures of one side divided by those of the other. A figure that is 0 there is left out."""
    return [
        {name: after[name] / before[name] for name in after if before.get(name)}
        for after, before in zip(new, old, strict=True)
    ]


def rounded(value: float) -> float:
    """Returns a value as it is printed: three digits after the point."""
    return round(value, 3)
