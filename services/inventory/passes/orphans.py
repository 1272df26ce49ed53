"""Single seats that the seats of passes leave alone. Decisions only.

A pass has the same seat in each night. So another choice of seats is only better if it is free in all nights, and
leaves no single seat alone in any of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.inventory.holds import Claims, Night, TicketType
from services.inventory.orphans import Choice, RowSeat, left_alone, runs_of


@dataclass(frozen=True, slots=True)
class Kind:
    """Seats that a hold takes for passes of the same nights and categories. pass_id: one of these passes."""

    pass_id: str
    nights: tuple[Night, ...]
    seat_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class View:
    """The free seats of some rows of a night, before the hold took some, and the ticket type that the pass stands for
    there."""

    free: Sequence[RowSeat]
    ticket_type: TicketType


def kinds(claims: Claims) -> list[Kind]:
    """The seats that a hold of passes takes, by the nights and categories of the passes."""
    together: dict[tuple[tuple[str, frozenset[str]], ...], Kind] = {}
    for seat_id, ticket_type in claims.seats:
        key = tuple((night.event_id, night.ticket_type.categories) for night in ticket_type.nights)
        known = together.get(key) or Kind(ticket_type.ticket_type_id, ticket_type.nights, frozenset())
        together[key] = Kind(known.pass_id, known.nights, known.seat_ids | {seat_id})
    return list(together.values())


def alone(view: View, seat_ids: frozenset[str], taken: Collection[str]) -> list[RowSeat]:
    """The seats that some seats leave alone in a night. taken: all that the hold takes there."""
    return left_alone(view.free, taken, Choice(seat_ids, view.ticket_type.includes))


def other_choice(views: Sequence[View], in_all: Collection[str], quantity: int) -> tuple[str, ...]:
    """Seats side by side that leave none alone in any night; empty if there are none. views: of the nights with a rule,
    at least one. in_all: the seats that are free in all nights of the pass."""
    halls = [{seat.seat_id: seat for seat in view.free} for view in views]
    places = [{seat.at: seat for seat in view.free} for view in views]
    for run in runs_of([seat for seat in views[0].free if seat.seat_id in in_all]):
        for start in range(len(run) - quantity + 1):
            seat_ids = tuple(seat.seat_id for seat in run[start : start + quantity])
            if all(
                is_clean([hall.get(seat_id) for seat_id in seat_ids], there, view.ticket_type)
                for hall, there, view in zip(halls, places, views, strict=True)
            ):
                return seat_ids
    return ()


def is_clean(window: Sequence[RowSeat | None], free: dict[tuple[int, int], RowSeat], ticket_type: TicketType) -> bool:
    """Whether some seats of a night are side by side, are for the ticket type, and leave none alone. window: None for a
    seat that is not free. free: all free seats of their rows by place."""
    seats = [seat for seat in window if seat and not seat.special and ticket_type.includes(seat.category)]
    if len(seats) < len(window):
        return False
    row, left, right = seats[0].row_index, seats[0].seat_index, seats[-1].seat_index
    if [seat.at for seat in seats] != [(row, index) for index in range(left, left + len(seats))]:
        return False
    return not any(
        (beside := free.get((row, near))) and not beside.special and (row, far) not in free
        for near, far in ((left - 1, left - 2), (right + 1, right + 2))
    )
