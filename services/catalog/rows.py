"""Which seats of a row are neighbours. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from math import dist
from statistics import median_low

Point = tuple[float, float]

# A gap so many times the usual one is an aisle.
AISLE = 1.8
# How much shorter the way through a row has to be for another order to be believed.
SHORTER = 0.99


def seat_indices(points: Sequence[Point]) -> list[int]:
    """Each seat's place in its row: neighbours differ by one, seats with an aisle between them by two."""
    order = walk(points)
    steps = [dist(points[a], points[b]) for a, b in pairwise(order)]
    usual = median_low(steps) if steps else 0.0
    indices = [0] * len(points)
    index = 0
    for position, seat in enumerate(order):
        if position:
            index += 2 if steps[position - 1] > AISLE * usual else 1
        indices[seat] = index
    return indices


def walk(points: Sequence[Point]) -> list[int]:
    """In which order one passes the seats: as listed, unless going from one side to the other makes a shorter way. Odd
    and even seats are often listed apart, or from the middle outwards."""
    listed = list(range(len(points)))
    across = sorted(listed, key=points.__getitem__)
    if across in (listed, listed[::-1]):
        return listed
    along = sorted(listed, key=lambda seat: points[seat][::-1])
    shortest = min((across, along), key=lambda order: length(points, order))
    return shortest if length(points, shortest) < SHORTER * length(points, listed) else listed


def length(points: Sequence[Point], order: Sequence[int]) -> float:
    """How long the way from seat to seat is."""
    return sum(dist(points[a], points[b]) for a, b in pairwise(order))
