"""Packages: tickets that are sold together, such as the eight places of a table. Pure.

A package of numbered seats has seats of one row; a table is a row of the plan. In each row a hold takes as many seats
as some packages have, so that they can be told apart without naming each.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from eventhub.refusals import NoSuchSeats, PackageIncomplete
from services.inventory.holds import TicketType
from services.inventory.proposals import SeatWish
from services.inventory.seating import FreeSeat, runs_of
from services.inventory.stock import SeatNow

# The free seats of each category in each row.
Rows = Mapping[tuple[str, int], int]
# A choice of seats of one row, and how good it is: the smallest is the best.
Choice = tuple[tuple[int, int, str], tuple[FreeSeat, ...]]


def check_rows(claimed: Iterable[tuple[str, TicketType]], seats: Iterable[SeatNow]) -> None:
    """Raises PackageIncomplete if some seats of a row are not whole packages. claimed: the ticket type of each seat.
    seats: the same seats, in the same order."""
    rows: Counter[tuple[str, int, int]] = Counter()
    for (_, ticket_type), seat in zip(claimed, seats, strict=True):
        rows[ticket_type.ticket_type_id, ticket_type.package_size, seat.row_index] += 1
    for (type_id, size, _), many in rows.items():
        if many % size:
            raise PackageIncomplete(ticket_type_id=type_id, size=size)


def check_wish(wish: SeatWish, ticket_type: TicketType) -> None:
    """Raises PackageIncomplete if a group of a wish is not whole packages, or if it asks for accessible seats: those of
    a package are chosen by their row."""
    size = ticket_type.package_size
    if size > 1 and (wish.needs or any(group % size for group in wish.groups)):
        raise PackageIncomplete(ticket_type_id=wish.ticket_type_id, size=size)


def by_row(types: Iterable[TicketType]) -> bool:
    """Whether some ticket types are packages of numbered seats, so that the free seats of each row matter."""
    return any(ticket_type.seated and ticket_type.package_size > 1 for ticket_type in types)


def in_rows(rows: Rows, ticket_type: TicketType) -> int:
    """How many seats of whole packages there are."""
    free: Counter[int] = Counter()
    for (category, row_index), many in rows.items():
        if ticket_type.includes(category):
            free[row_index] += many
    return sum(whole(many, ticket_type.package_size) for many in free.values())


def whole(places: int, size: int) -> int:
    """The number of places in whole packages."""
    return places - places % size


def best_groups(free: Sequence[FreeSeat], sizes: Sequence[int], package: int) -> list[tuple[FreeSeat, ...]]:
    """The best free seats for several groups, package by package: each in one row, side by side if possible, as near
    to the stage as possible, and if possible so that the seats left beside it are whole packages too. Raises
    NoSuchSeats. sizes: multiples of package."""
    left, groups = list(free), []
    for size in sizes:
        group: list[FreeSeat] = []
        for _ in range(size // package):
            chosen = best(left, package)
            group += chosen
            taken = set(chosen)
            left = [seat for seat in left if seat not in taken]
        groups.append(tuple(sorted(group, key=lambda seat: (seat.row_index, seat.seat_index))))
    return groups


def best(free: Sequence[FreeSeat], package: int) -> tuple[FreeSeat, ...]:
    """The best seats for one package. Raises NoSuchSeats."""
    choices = [choice for run in runs_of(free) for choice in side_by_side(run, package)] or one_per_row(free, package)
    if not choices:
        raise NoSuchSeats(available=0)
    return min(choices)[1]


def side_by_side(run: Sequence[FreeSeat], package: int) -> list[Choice]:
    """Every choice of neighbours from a run."""
    return [
        choice(run[start : start + package], bool(start % package) + bool((len(run) - start - package) % package))
        for start in range(len(run) - package + 1)
    ]


def one_per_row(free: Sequence[FreeSeat], package: int) -> list[Choice]:
    """The nearest seats to the stage of each row that has enough."""
    rows: dict[int, list[FreeSeat]] = {}
    for seat in sorted(free, key=lambda seat: (seat.distance, seat.seat_id)):
        rows.setdefault(seat.row_index, []).append(seat)
    return [choice(row[:package], 0) for row in rows.values() if len(row) >= package]


def choice(seats: Sequence[FreeSeat], broken: int) -> Choice:
    """A choice of seats. broken: how many of its sides it leaves without whole packages."""
    return (broken, sum(seat.distance for seat in seats), seats[0].seat_id), tuple(seats)
