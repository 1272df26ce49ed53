"""Best seats: chooses the free seats to propose. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from eventhub.refusals import NoSuchSeats

ROW_AWAY = 10_000


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


@dataclass(frozen=True, slots=True)
class SpecialSeat:
    """A free seat that is proposed only to those who ask. kind: the contract's Accessibility. companion_of: the
    accessible seat beside it, if a companion sits here."""

    seat: FreeSeat
    kind: int
    companion_of: str


@dataclass(frozen=True, slots=True)
class Need:
    """A wish for accessible seats of one kind. with_companion: with a companion's seat beside each."""

    kind: int
    quantity: int
    with_companion: bool

    @property
    def seats(self) -> int:
        """How many seats it takes."""
        return self.quantity * (2 if self.with_companion else 1)


def best_groups(free: Sequence[FreeSeat], sizes: Sequence[int]) -> list[tuple[FreeSeat, ...]]:
    """The best free seats for several groups, in the order of their sizes: each as best() chooses, without a seat in
    common. Raises NoSuchSeats."""
    if len(free) < sum(sizes):
        raise NoSuchSeats(available=len(free))
    near = each_chosen(free, sizes, best)
    if all(map(side_by_side, near)):
        return near
    tight = each_chosen(free, sizes, tightest)
    return min((near, tight), key=lambda groups: sum(not side_by_side(group) for group in groups))


def each_chosen(
    free: Sequence[FreeSeat], sizes: Sequence[int], choose: Callable[[Sequence[FreeSeat], int], tuple[FreeSeat, ...]]
) -> list[tuple[FreeSeat, ...]]:
    """Seats for several groups: the largest first, and those that fit into no run last. choose: chooses so many of some
    free seats."""
    left, chosen = list(free), dict[int, tuple[FreeSeat, ...]]()
    longest = max(map(len, runs_of(free)), default=0)
    for n in sorted(range(len(sizes)), key=lambda n: (sizes[n] > longest, -sizes[n])):
        chosen[n] = choose(left, sizes[n])
        taken = set(chosen[n])
        left = [seat for seat in left if seat not in taken]
    return [chosen[n] for n in range(len(sizes))]


def tightest(free: Iterable[FreeSeat], quantity: int) -> tuple[FreeSeat, ...]:
    """Seats side by side in the shortest run that has enough, so that longer runs are left for others. Raises
    NoSuchSeats."""
    runs = list(runs_of(free))
    fitting = [run for run in runs if len(run) >= quantity]
    if not fitting:
        return scattered(runs, quantity)
    return tuple(min(fitting, key=lambda run: (len(run), run[0].distance, run[0].seat_id))[:quantity])


def accessible(free: Sequence[SpecialSeat], needs: Sequence[Need]) -> tuple[FreeSeat, ...]:
    """Accessible seats, each kind in one row if possible and near the stage, and companions' seats beside them. Raises
    NoSuchSeats."""
    companions: dict[str, list[FreeSeat]] = {}
    for special in free:
        if special.companion_of:
            companions.setdefault(special.companion_of, []).append(special.seat)
    chosen: list[FreeSeat] = []
    for need in needs:
        fitting = [special.seat for special in free if special.kind == need.kind]
        if need.with_companion:
            fitting = [seat for seat in fitting if seat.seat_id in companions]
        seats = in_one_row(fitting, need.quantity)
        chosen += seats
        for seat in seats if need.with_companion else ():
            chosen += nearest_to(seat, companions[seat.seat_id])
    return tuple(sorted(chosen, key=lambda seat: (seat.row_index, seat.seat_index)))


def in_one_row(seats: Sequence[FreeSeat], quantity: int) -> list[FreeSeat]:
    """The nearest seats to the stage, of one row if any row has enough. Raises NoSuchSeats."""
    if len(seats) < quantity:
        raise NoSuchSeats(available=len(seats))
    ordered = sorted(seats, key=lambda seat: (seat.distance, seat.seat_id))
    rows: dict[int, list[FreeSeat]] = {}
    for seat in ordered:
        rows.setdefault(seat.row_index, []).append(seat)
    whole = [row[:quantity] for row in rows.values() if len(row) >= quantity]
    return min(whole, key=lambda row: sum(seat.distance for seat in row), default=ordered[:quantity])


def nearest_to(seat: FreeSeat, others: Iterable[FreeSeat], quantity: int = 1) -> list[FreeSeat]:
    """The nearest of several seats to a seat. Raises NoSuchSeats if there are too few."""
    nearest = sorted(others, key=lambda other: (away(seat, other), other.seat_id))
    if len(nearest) < quantity:
        raise NoSuchSeats(available=len(nearest))
    return nearest[:quantity]


def away(seat: FreeSeat, other: FreeSeat) -> int:
    """How far two seats are from each other; another row is farther than any seat of the same row."""
    return ROW_AWAY * abs(seat.row_index - other.row_index) + abs(seat.seat_index - other.seat_index)


def side_by_side(seats: Sequence[FreeSeat]) -> bool:
    """Whether seats, given in row order, form one unbroken run."""
    return len({(seat.row_index, seat.seat_index - n) for n, seat in enumerate(seats)}) == 1


def leaves_one_alone(chosen: Sequence[FreeSeat], free: Iterable[FreeSeat]) -> bool:
    """Whether neighbours, given in row order, leave a free seat beside them without a free neighbour."""
    places = {(seat.row_index, seat.seat_index) for seat in free}
    row, left, right = chosen[0].row_index, chosen[0].seat_index, chosen[-1].seat_index
    beside = (left - 1, left - 2), (right + 1, right + 2)
    return any((row, near) in places and (row, far) not in places for near, far in beside)


def leave_one_alone(groups: Sequence[Sequence[FreeSeat]], free: Iterable[FreeSeat]) -> bool:
    """Whether any of several groups leaves a free seat alone."""
    taken = {seat for group in groups for seat in group}
    left = [seat for seat in free if seat not in taken]
    return any(leaves_one_alone(group, left) for group in groups)


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
