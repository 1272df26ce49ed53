"""Best seats: chooses the free seats to propose. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from eventhub.refusals import NoSuchSeats


@dataclass(frozen=True, slots=True)
class FreeSeat:
    """A free seat. Neighbours in a row differ by one in seat_index. distance: from the middle of the stage's
    edge, in any unit."""

    seat_id: str
    row_index: int
    seat_index: int
    distance: int


def best(free: Iterable[FreeSeat], quantity: int) -> tuple[FreeSeat, ...]:
    """The best free seats: side by side, as near to the stage's middle as possible, and if possible without leaving a
    single seat alone. If no row has enough seats side by side, as few rows as possible. Raises NoSuchSeats."""
    runs = list(runs_of(free))
    windows = [window for run in runs for window in windows_of(run, quantity)]
    if windows:
        return min(windows, key=lambda window: (window[0], window[1], window[2][0].seat_id))[2]
    return scattered(runs, quantity)


def side_by_side(seats: Sequence[FreeSeat]) -> bool:
    """Whether seats, given in row order, form one unbroken run."""
    return len({(seat.row_index, seat.seat_index - n) for n, seat in enumerate(seats)}) == 1


def leaves_one_alone(chosen: Sequence[FreeSeat], free: Iterable[FreeSeat]) -> bool:
    """Whether neighbours, given in row order, leave a free seat beside them without a free neighbour."""
    places = {(seat.row_index, seat.seat_index) for seat in free}
    row, left, right = chosen[0].row_index, chosen[0].seat_index, chosen[-1].seat_index
    beside = (left - 1, left - 2), (right + 1, right + 2)
    return any((row, near) in places and (row, far) not in places for near, far in beside)


def runs_of(free: Iterable[FreeSeat]) -> Iterator[Sequence[FreeSeat]]:
    """Splits free seats into unbroken runs, each in row order."""
    ordered = sorted(free, key=lambda seat: (seat.row_index, seat.seat_index))
    numbered = enumerate(ordered)
    for _, run in groupby(numbered, key=lambda pair: (pair[1].row_index, pair[1].seat_index - pair[0])):
        yield [seat for _, seat in run]


def windows_of(run: Sequence[FreeSeat], quantity: int) -> Iterator[tuple[bool, int, tuple[FreeSeat, ...]]]:
    """Every choice of neighbours from a run: whether it leaves a single seat alone, its distance, its seats."""
    for start in range(len(run) - quantity + 1):
        seats = tuple(run[start : start + quantity])
        left, right = start, len(run) - start - quantity
        yield 1 in (left, right), sum(seat.distance for seat in seats), seats


def scattered(runs: Sequence[Sequence[FreeSeat]], quantity: int) -> tuple[FreeSeat, ...]:
    """Seats from the rows with the most free seats, the nearest seats of each row first. Raises NoSuchSeats."""
    rows: dict[int, list[FreeSeat]] = {}
    for run in runs:
        rows.setdefault(run[0].row_index, []).extend(run)
    available = sum(len(seats) for seats in rows.values())
    if available < quantity:
        raise NoSuchSeats(available=available)
    chosen: list[FreeSeat] = []
    for seats in sorted(rows.values(), key=lambda row: (-len(row), min(seat.distance for seat in row))):
        nearest = sorted(seats, key=lambda seat: (seat.distance, seat.seat_index))
        chosen.extend(nearest[: quantity - len(chosen)])
        if len(chosen) == quantity:
            break
    return tuple(sorted(chosen, key=lambda seat: (seat.row_index, seat.seat_index)))
