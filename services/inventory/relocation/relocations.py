"""The move of an event to another plan, step by step. Decisions only.

FREEZING -> FROZEN -> HOLDS -> CLEARING -> FILLING -> RESUMING -> DONE; or before HOLDS: -> THAWING -> THAWED. Each step
is done in small transactions, and each of them writes how far it has come. So a process that dies leaves a relocation
that any other process continues, with the same end.

From the first step to the last one the event takes no new hold, so the same holds are frozen and thawed. The old seats
are gone before the new ones come: two plans may use one id for different seats, and one seat may be the target of one
hold and the source of another. No other write touches a seat meanwhile, because all holds that have one are frozen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eventhub.refusals import EventIncomplete, EventState
from services.inventory.holds import Place
from services.inventory.stock import SeatState


class Step(StrEnum):
    """Where a relocation stands."""

    # The event sells nothing, and its holds are frozen one after the other.
    FREEZING = "FREEZING"
    # All holds are frozen, and the seats of the new plan can be staged.
    FROZEN = "FROZEN"
    # The relocation is given up: its staged seats are deleted, and its holds go on.
    THAWING = "THAWING"
    # It was given up.
    THAWED = "THAWED"
    # The places of the holds get the names of their new seats.
    HOLDS = "HOLDS"
    # The old seats are deleted.
    CLEARING = "CLEARING"
    # The new seats are written.
    FILLING = "FILLING"
    # The new seats are there, and the holds go on one after the other.
    RESUMING = "RESUMING"
    # It has ended, and the event sells.
    DONE = "DONE"


ENDED = frozenset({Step.THAWED, Step.DONE})
GIVEN_UP = frozenset({Step.THAWING, Step.THAWED})
BEFORE_MOVE = frozenset({Step.FREEZING, Step.FROZEN, *GIVEN_UP})
ALL_FROZEN = frozenset({Step.FROZEN, Step.HOLDS, Step.CLEARING, Step.FILLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocation:
    """A relocation as it is stored. reached: the last hold for which the step is done; empty for none. moved: how many
    taken seats have moved."""

    event_id: str
    relocation_id: str
    step: Step
    reached: str = ""
    moved: int = 0

    @property
    def frozen(self) -> bool:
        """Whether all holds of the event are frozen."""
        return self.step in ALL_FROZEN

    @property
    def ended(self) -> bool:
        """Whether it has been given up or is done."""
        return self.step in ENDED


@dataclass(frozen=True, slots=True)
class Move:
    """A wish to move a frozen event to its staged seats. seat_count: the number of seats of the plan."""

    event_id: str
    relocation_id: str
    plan_id: str
    seat_count: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done at once. holds, seats: in one transaction. transactions: in one call. On SQLite, other writes
    wait for a transaction, so it should take few milliseconds."""

    holds: int = 100
    seats: int = 1_000
    transactions: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHold:
    """A hold in force that a step comes to. event_id: of the hold, which is a series if it is one of passes. returned:
    the positions of the places that its order has given back."""

    hold_id: str
    event_id: str
    places_revision: int
    places: tuple[Place, ...]
    returned: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """The seat to which a taken seat moves, and its name for people."""

    seat_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenSeat:
    """A seat that is held, sold or blocked. hold_id, order_id, ticket_type_id: empty if none has it. of_pass: whether
    a pass has it, which has the same seat in each of its nights."""

    seat_id: str
    state: SeatState
    hold_id: str
    order_id: str
    ticket_type_id: str
    of_pass: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Counts for the check before the move. seats: all staged seats. with_source: those to which a taken seat is said
    to move. sources: the different seats that do, and are taken. taken: all taken seats of the event. passes_apart: the
    seats of passes that would move to a seat of another id."""

    seats: int
    with_source: int
    sources: int
    taken: int
    passes_apart: int


def check_freezes(relocation: Relocation) -> None:
    """Raises EventState if the holds are thawed by now: a late call must not freeze them again."""
    if relocation.step != Step.FREEZING and not relocation.frozen:
        raise EventState(state=relocation.step)


def check_thaws(relocation: Relocation) -> None:
    """Raises EventState if the seats of an event have begun to move."""
    if relocation.step not in BEFORE_MOVE:
        raise EventState(state=relocation.step)


def check_stages(relocation: Relocation) -> None:
    """Raises EventState unless an event waits for the seats of its new plan."""
    if relocation.step != Step.FROZEN:
        raise EventState(state=relocation.step)


def check_moves(relocation: Relocation) -> None:
    """Raises EventState if an event is not frozen, or its relocation was given up."""
    if relocation.step == Step.FREEZING or relocation.step in GIVEN_UP:
        raise EventState(state=relocation.step)


def check_complete(staged: Staged, seat_count: int) -> None:
    """Raises EventIncomplete unless all seats of the new plan are staged, and each taken seat moves to exactly one of
    them. After this check a move cannot fail."""
    if staged.seats != seat_count:
        raise EventIncomplete(missing=f"{seat_count - staged.seats} seats")
    if not staged.with_source == staged.sources == staged.taken:
        raise EventIncomplete(missing=f"targets of {staged.taken - staged.sources} taken seats")
    if staged.passes_apart:
        raise EventIncomplete(missing=f"the same id for {staged.passes_apart} seats of passes")


def gone_on(relocation: Relocation, holds: Sequence[NextHold], at_once: int, *, then: Step) -> Relocation:
    """A relocation after its step was done for the next holds, at most at_once: if they were fewer, for all of them.
    then: the step after that."""
    if len(holds) < at_once:
        return replace(relocation, step=then, reached="")
    return replace(relocation, reached=holds[-1].hold_id)


def concerned(holds: Sequence[NextHold], event_id: str, stands_for: Mapping[str, str]) -> list[str]:
    """The ids of the holds that have a place in an event: its own, and those of passes for it. stands_for: as in
    type_in."""
    return [
        hold.hold_id
        for hold in holds
        if hold.event_id == event_id or any(place.ticket_type_id in stands_for for place in hold.places)
    ]


def moved(hold: NextHold, targets: Mapping[str, Target]) -> tuple[Place, ...]:
    """The places of a hold after the move, in the same order. Those that were given back stay as they were. targets: by
    the id of the seat before, for each numbered seat that the hold has."""
    return tuple(
        replace(place, seat_id=targets[place.seat_id].seat_id, label=targets[place.seat_id].label)
        if place.seat_id and position not in hold.returned
        else place
        for position, place in enumerate(hold.places)
    )


def type_in(places: Sequence[Place], seat_id: str, stands_for: Mapping[str, str], *, of_pass: bool) -> str:
    """The ticket type of an event for which a hold has a seat. stands_for: the types that passes stand for there, by
    the types of the passes. of_pass: whether it is a hold of passes."""
    here = [place.ticket_type_id for place in places if place.seat_id == seat_id]
    return next((stands_for[type_id] for type_id in here if type_id in stands_for), "") if of_pass else here[0]
