"""Finds out from positions on the drawing which seats of a row are next to each other. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from math import dist
from statistics import median_low

Point = tuple[float, float]

# A gap is an aisle if it is this many times as wide as the median gap.
AISLE = 1.8
# Another order than the file's is used if the path through its seats is shorter than this share of the file's path.
SHORTER = 0.99


def seat_indices(points: Sequence[Point]) -> list[int]:
    """The index of each seat in its row: neighbours differ by one, seats on both sides of an aisle by two."""
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
    """The order of the seats along the row: the file's order, unless sorting by x or by y gives a shorter path. Files
    often list odd seats before even ones, or start in the middle."""
    listed = list(range(len(points)))
    across = sorted(listed, key=points.__getitem__)
    if across in (listed, listed[::-1]):
        return listed
    along = sorted(listed, key=lambda seat: points[seat][::-1])
    shortest = min((across, along), key=lambda order: length(points, order))
    return shortest if length(points, shortest) < SHORTER * length(points, listed) else listed


def length(points: Sequence[Point], order: Sequence[int]) -> float:
    """The length of the path from seat to seat."""
    return sum(dist(points[a], points[b]) for a, b in pairwise(order))
