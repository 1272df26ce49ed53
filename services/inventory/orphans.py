"""Single seats that a hold leaves alone in their row, and whether that could be avoided. Decisions only."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby

from services.inventory.holds import TicketType


class OrphanRule(IntEnum):
    """What happens if a hold leaves a single seat alone, numbered as in the contract."""

    OFF = 0
    WARN = 1
    REFUSE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSeat:
    """A free seat of a row. Neighbours differ by one in seat_index. special: an accessible seat or a companion's."""

    seat_id: str
    label: str
    row_index: int
    seat_index: int
    category: str
    special: bool

    @property
    def at(self) -> tuple[int, int]:
        """Its row, and its place in the row."""
        return self.row_index, self.seat_index


@dataclass(frozen=True, slots=True)
class Choice:
    """Seats that a hold takes for ticket types of the same categories. sold_for: whether these types are sold for a
    category. categories: that they are sold for, empty for all."""

    seat_ids: frozenset[str]
    sold_for: Callable[[str], bool]
    categories: frozenset[str] = frozenset()


def choices_of(seats: Sequence[tuple[str, TicketType]]) -> list[Choice]:
    """The seats that a hold takes, as (seat id, ticket type), by the categories of their types."""
    together: dict[frozenset[str], list[tuple[str, TicketType]]] = {}
    for seat_id, ticket_type in seats:
        together.setdefault(ticket_type.categories, []).append((seat_id, ticket_type))
    return [
        Choice(frozenset(seat_id for seat_id, _ in some), some[0][1].includes, categories)
        for categories, some in together.items()
    ]


def left_alone(free: Sequence[RowSeat], taken: Collection[str], choice: Choice) -> list[RowSeat]:
    """The seats that a choice leaves without a free neighbour. free: all seats of its rows that were free. taken: all
    that the hold takes."""
    still_free = {seat.at for seat in free if seat.seat_id not in taken}
    chosen = {seat.at for seat in free if seat.seat_id in choice.seat_ids}
    alone = []
    for seat in free:
        beside = [(seat.row_index, seat.seat_index - 1), (seat.row_index, seat.seat_index + 1)]
        single = seat.at in still_free and not seat.special and not still_free.intersection(beside)
        if single and chosen.intersection(beside):
            alone.append(seat)
    return alone


def avoidable(free: Sequence[RowSeat], choice: Choice) -> bool:
    """Whether as many seats side by side can be chosen in some rows so that none is left alone. free: all free seats of
    these rows, with those of the choice."""
    return any(
        all(not seat.special and choice.sold_for(seat.category) for seat in window)
        for run in runs_of(free)
        for window in windows_of(run, len(choice.seat_ids))
    )


def rows_near(rows: Collection[int], away_max: int) -> list[int]:
    """The rows at most so many rows away from one of some rows, nearest first, without these themselves."""
    around = {row for one in rows for row in range(one - away_max, one + away_max + 1)} - set(rows)
    return sorted(around, key=lambda row: (min(abs(row - one) for one in rows), row))


def runs_of(free: Sequence[RowSeat]) -> Iterator[list[RowSeat]]:
    """Splits free seats into unbroken runs, each in row order."""
    numbered = enumerate(sorted(free, key=lambda seat: seat.at))
    for _, run in groupby(numbered, key=lambda pair: (pair[1].row_index, pair[1].seat_index - pair[0])):
        yield [seat for _, seat in run]


def windows_of(run: list[RowSeat], quantity: int) -> Iterator[list[RowSeat]]:
    """Every choice of neighbours from a run that leaves no single seat alone."""
    for start in range(len(run) - quantity + 1):
        left, right = run[:start], run[start + quantity :]
        if not any(len(rest) == 1 and not rest[0].special for rest in (left, right)):
            yield run[start : start + quantity]
