"""Relocations of events, and their rules. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from eventhub.refusals import EventState, TicketTypeTooLarge
from services.catalog import areas, violations
from services.catalog.events import (
    Admission,
    Event,
    State,
    TicketType,
    Venue,
    check_future,
    check_not_archived,
    default_categories,
    places_for,
)
from services.catalog.half_price_reserve import check_reserve
from services.catalog.ticket_types import packages


class Step(StrEnum):
    """States of a relocation: CHECKING -> STAGING -> MOVING -> DONE, or CHECKING -> THAWING -> REFUSED."""

    # inventory stops the sale, and the places of the taken seats are looked for.
    CHECKING = "CHECKING"
    # It is refused, and inventory begins the sale again. The contract shows it as CHECKING.
    THAWING = "THAWING"
    # inventory is sent the new seats. From here on it only goes forward. The contract shows it as MOVING.
    STAGING = "STAGING"
    MOVING = "MOVING"
    DONE = "DONE"
    REFUSED = "REFUSED"


# The steps after which nothing happens, and those at which it is known whether the event moves.
ENDED = frozenset({Step.DONE, Step.REFUSED})
DECIDED = ENDED | {Step.STAGING, Step.MOVING}


class Match(IntEnum):
    """How taken seats find their new places, numbered as in the contract."""

    LABEL = 1
    CATEGORY = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """To where an event moves. plan_id: empty for an event without numbered seats. categories: those with another name
    in the new plan, each with that name. seats: those that move to given ones, each with its new id."""

    event_id: str
    venue_id: str
    plan_id: str
    match: Match
    categories: tuple[tuple[str, str], ...] = ()
    seats: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a relocation was refused: the reason of the contract, and its facts."""

    reason: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocation:
    """A relocation. seats: how many taken seats move with it. moved: how many of them have moved. ended_us: 0 before
    the end."""

    relocation_id: str
    organizer_id: str
    target: Target
    step: Step
    seats: int
    moved: int
    created_us: int
    ended_us: int
    refused: Refused | None


def check_movable(event: Event, now_us: int) -> None:
    """Raises EventState if the event is archived or is being published, EventInPast if it has begun."""
    check_not_archived(event)
    if event.state == State.PUBLISHING:
        raise EventState(state=State.PUBLISHING)
    check_future(event.starts_us, now_us)


def check_shape(event: Event, target: Target) -> None:
    """Raises InvalidRequest unless the target has a plan exactly if the event has one, and no seats or categories
    otherwise. An online event has no venue."""
    seated = event.admission == Admission.SEATED
    wrong = {"target.venue_id": violations.NO_VENUE} if event.venue is None else {}
    if bool(target.plan_id) != seated:
        wrong["target.plan_id"] = violations.NO_PLAN if target.plan_id else violations.PLAN
    if target.categories and not seated:
        wrong["target.categories"] = violations.NO_SEATS_TO_MOVE
    if target.seats and not seated:
        wrong["target.seats"] = violations.NO_SEATS_TO_MOVE
    violations.refuse(wrong)


def relocated(event: Event, target: Target, venue: Venue, before: Sequence[str], after: Mapping[str, int]) -> Event:
    """The event at another venue, on another plan. before: the categories of its plan. after: the seats of each
    category of the new one. Both are empty without numbered seats. Raises InvalidRequest if the time zone or a category
    does not fit, TicketTypeTooLarge, HalfPriceLotTooSmall."""
    fits = venue.time_zone == event.time_zone
    violations.refuse({} if fits else {"target.venue_id": violations.zone(event.time_zone)})
    if event.admission != Admission.SEATED:
        return replace(event, venue=venue)
    unknown = [old for old, _ in target.categories if old not in before]
    unknown += [new for _, new in target.categories if new not in after]
    violations.refuse({"target.categories": violations.unknown_category(unknown[0])} if unknown else {})
    moved = replace(
        event,
        venue=venue,
        plan_id=target.plan_id,
        capacity=areas.capacity(0, sum(after.values()) + areas.places_in(event.areas)),
        types=tuple(on_plan(each, dict(target.categories), after) for each in event.types),
    )
    check_types(moved, after)
    return moved


def on_plan(ticket_type: TicketType, renamed: Mapping[str, str], seat_counts: Mapping[str, int]) -> TicketType:
    """A ticket type on the new plan: sold for the categories that stand for its own. One for all categories leaves out
    those that the new plan does not sell. Raises InvalidRequest if the plan has not all of them."""
    if ticket_type.area_id:
        return ticket_type
    names = tuple(dict.fromkeys(renamed.get(name, name) for name in ticket_type.categories))
    missing = [name for name in names if name not in seat_counts]
    violations.refuse({"target.categories": violations.unknown_category(missing[0])} if missing else {})
    return replace(ticket_type, categories=names or default_categories(tuple(seat_counts)))


def check_types(event: Event, seat_counts: Mapping[str, int]) -> None:
    """Raises TicketTypeTooLarge if a ticket type's own capacity, or one of its packages, is larger than its places,
    HalfPriceLotTooSmall if half price of a published event cannot sell its reserve."""
    for ticket_type in event.types:
        places = places_for(ticket_type, event, seat_counts)
        if ticket_type.capacity > places:
            raise TicketTypeTooLarge(limit=places)
        packages.check(event, ticket_type, seat_counts)
    if event.state != State.DRAFT:
        check_reserve(event, seat_counts)
