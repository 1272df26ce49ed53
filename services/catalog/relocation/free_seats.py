"""Free seats of a plan, from which groups get seats side by side. Pure."""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from services.catalog.plans.plan import Seat

Best = tuple[int, int, int, str]
NONE = -1


def best(seat: Seat) -> Best:
    """The order of seats from the best to the worst: near the stage first."""
    return seat.distance, seat.row_index, seat.seat_index, seat.seat_id


def along_row(seat: Seat) -> tuple[int, int]:
    """The order of seats in which people walk through a hall."""
    return seat.row_index, seat.seat_index


class FreeSeats:
    """Seats that can be taken, each once. Seats side by side differ by one in seat_index. Inside, a seat is its rank
    among all: the smaller, the better."""

    def __init__(self, seats: Iterable[Seat]) -> None:
        self._seats = sorted(seats, key=best)
        self._free = bytearray(b"\1" * len(self._seats))
        # The seats on both sides of each; NONE if there is none.
        self._before = [NONE] * len(self._seats)
        self._after = [NONE] * len(self._seats)
        self._rows: dict[int, list[int]] = defaultdict(list)
        in_rows = sorted(range(len(self._seats)), key=lambda rank: along_row(self._seats[rank]))
        for rank in in_rows:
            self._rows[self._seats[rank].row_index].append(rank)
        for one, other in pairwise(in_rows):
            if self._are_beside(one, other):
                self._after[one], self._before[other] = other, one
        self._left = {row: len(ranks) for row, ranks in self._rows.items()}
        self._fullest = [(-left, row) for row, left in self._left.items()]
        heapq.heapify(self._fullest)
        # For groups of each size: how many of the best seats cannot be in one any more, and which have too few beside
        # them. Seats are only taken, so they never can again; this is what keeps 200,000 seats fast.
        self._passed: dict[int, int] = defaultdict(int)
        self._alone: dict[int, bytearray] = {}

    def take(self, count: int) -> list[Seat]:
        """Takes so many seats: side by side if there is room, as good as possible; otherwise in few rows. Fewer if
        there are not as many. In the order of rows."""
        ranks = self._beside(count)
        for rank in ranks:
            self._take(rank)
        if not ranks:
            ranks = self._scattered(count)
        return sorted((self._seats[rank] for rank in ranks), key=along_row)

    def _are_beside(self, one: int, other: int) -> bool:
        (row, index), (other_row, other_index) = along_row(self._seats[one]), along_row(self._seats[other])
        return row == other_row and index + 1 == other_index

    def _take(self, rank: int) -> None:
        self._free[rank] = 0
        self._left[self._seats[rank].row_index] -= 1

    def _beside(self, count: int) -> list[int]:
        """The best free seats that are side by side, and as many; none if there are none."""
        free, rank = self._free, self._passed[count]
        alone = self._alone.setdefault(count, bytearray(len(free)))
        group: list[int] = []
        while rank < len(free):
            if free[rank] and not alone[rank]:
                group = self._around(rank, count)
                if len(group) == count:
                    break
                for one in group:
                    alone[one] = 1
            rank += 1
        self._passed[count] = rank
        return group if rank < len(free) else []

    def _around(self, rank: int, count: int) -> list[int]:
        """A free seat and the best free ones beside it, at most so many."""
        low = high = rank
        group = [rank]
        while len(group) < count:
            sides = [side for side in (self._before[low], self._after[high]) if side != NONE and self._free[side]]
            if not sides:
                break
            better = min(sides)
            if better == self._before[low]:
                low = better
            else:
                high = better
            group.append(better)
        return group

    def _scattered(self, count: int) -> list[int]:
        """Takes free seats in as few rows as possible, in each row the longest pieces first."""
        ranks: list[int] = []
        while len(ranks) < count:
            left, row = self._fullest[0] if self._fullest else (0, 0)
            if not left:
                break
            if self._left[row] != -left:
                heapq.heapreplace(self._fullest, (-self._left[row], row))
                continue
            for rank in self._pieces(row)[: count - len(ranks)]:
                self._take(rank)
                ranks.append(rank)
        return ranks

    def _pieces(self, row: int) -> list[int]:
        """The free seats of a row, those of the longest piece first."""
        self._rows[row] = free = [rank for rank in self._rows[row] if self._free[rank]]
        pieces: list[list[int]] = []
        for n, rank in enumerate(free):
            if n == 0 or self._before[rank] != free[n - 1]:
                pieces.append([])
            pieces[-1].append(rank)
        return [rank for piece in sorted(pieces, key=len, reverse=True) for rank in piece]
