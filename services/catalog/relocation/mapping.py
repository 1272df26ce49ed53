"""Finds the places of an event's taken seats in another plan. Pure: the same seats get the same places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from services.catalog.plans.labels import seat_name
from services.catalog.plans.plan import Seat
from services.catalog.relocation.relocation import Match


class Reason(IntEnum):
    """Why a taken seat cannot move, numbered as in the contract."""

    NO_SUCH_LABEL = 1
    OTHER_CATEGORY = 2
    CATEGORY_FULL = 3
    NOT_ACCESSIBLE = 4
    PASS = 5
    GIVEN_AWAY = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A seat that is held, sold or blocked. hold_id: empty if it is blocked. order_id: empty if no order has it.
    of_pass: whether it belongs to a pass, which has the same seat in each night."""

    seat: Seat
    hold_id: str = ""
    order_id: str = ""
    of_pass: bool = False

    @property
    def blocked(self) -> bool:
        """Whether it is blocked, not held or sold."""
        return not self.hold_id


@dataclass(frozen=True, slots=True)
class Rules:
    """How seats find their places. categories: the new name of each category that has another one. given: the new seats
    of single seats."""

    match: Match
    categories: Mapping[str, str]
    given: Mapping[str, str]

    def category_of(self, seat: Seat) -> str:
        """The category of the new plan that stands for that of a seat."""
        return self.categories.get(seat.category, seat.category)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A taken seat that has no place in the new plan."""

    taken: Taken
    reason: Reason


@dataclass(frozen=True, slots=True)
class Mapped:
    """The new seat of each taken seat that can move, and the others in the order in which they were given."""

    targets: Mapping[str, str]
    stuck: Sequence[Stuck]


class Finding:
    """Places and reasons that have been found so far, each by the id of the taken seat."""

    def __init__(self) -> None:
        self.targets: dict[str, str] = {}
        self.reasons: dict[str, Reason] = {}

    def move(self, taken: Taken, seat: Seat) -> None:
        """A taken seat has a place."""
        self.targets[taken.seat.seat_id] = seat.seat_id

    def stick(self, reason: Reason, *some: Taken) -> None:
        """Taken seats have no place."""
        for taken in some:
            self.reasons[taken.seat.seat_id] = reason

    def knows(self, taken: Taken) -> bool:
        """Whether it is known what becomes of a taken seat."""
        return taken.seat.seat_id in self.targets or taken.seat.seat_id in self.reasons


def given_first(taken: Sequence[Taken], rules: Rules) -> Finding:
    """What is said of single seats: those of passes stay, and given ones move."""
    found = Finding()
    for one in taken:
        if one.of_pass:
            found.stick(Reason.PASS, one)
        elif one.seat.seat_id in rules.given:
            found.targets[one.seat.seat_id] = rules.given[one.seat.seat_id]
    return found


def by_label(taken: Sequence[Taken], seats: Sequence[Seat], rules: Rules) -> Finding:
    """Finds for each taken seat the one with the same name."""
    found = given_first(taken, rules)
    used = set(found.targets.values())
    named = {name_of(seat): seat for seat in seats}
    for one in taken:
        if found.knows(one):
            continue
        seat = named.get(name_of(one.seat))
        if seat is None:
            found.stick(Reason.NO_SUCH_LABEL, one)
        elif seat.category != rules.category_of(one.seat):
            found.stick(Reason.OTHER_CATEGORY, one)
        elif seat.seat_id in used:
            found.stick(Reason.GIVEN_AWAY, one)
        else:
            found.move(one, seat)
            used.add(seat.seat_id)
    return found


def name_of(seat: Seat) -> str:
    """The name by which people tell a seat from all others of its plan."""
    return seat_name(seat.label, seat.zone, seat.row_name, seat.number)


def mapped(taken: Sequence[Taken], found: Finding) -> Mapped:
    """What was found of all taken seats."""
    stuck = [Stuck(one, found.reasons[one.seat.seat_id]) for one in taken if one.seat.seat_id in found.reasons]
    return Mapped(found.targets, stuck)
