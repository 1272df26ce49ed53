"""Lots: the parts of a ticket type that are sold one after the other, each at a price of its own. Pure.

inventory decides whose turn it is. Here a lot is what the organizer wants it to be.
"""

from collections.abc import Mapping
from dataclasses import replace

from eventhub.refusals import CurrencyMismatch, EventState, TicketTypeNotFound, TicketTypeTooLarge
from services.catalog import half_price_reserve, violations
from services.catalog.events import (
    OVER,
    TICKETED,
    Event,
    Lot,
    State,
    TicketKind,
    TicketType,
    check_not_archived,
    places_for,
)

LOTS_MAX = 120


def lots_of(event: Event, ticket_type: TicketType) -> tuple[Lot, ...]:
    """The lots of a ticket type. A half-price type has those of its full-price type, at half of their prices, rounded
    down. In an event as buyers see it, it has them itself."""
    if ticket_type.lots or ticket_type.kind != TicketKind.HALF_PRICE:
        return ticket_type.lots
    full = [one for one in event.types if one.ticket_type_id == ticket_type.half_of]
    return tuple(replace(lot, price_minor=lot.price_minor // 2) for one in full for lot in one.lots)


def numbered(known: tuple[Lot, ...], wanted: tuple[Lot, ...], version: int) -> tuple[Lot, ...]:
    """Wanted lots with their versions: the known one if the name and the price stay, else the given one."""
    same = {(lot.lot_id, lot.name, lot.price_minor): lot.version for lot in known}
    return tuple(replace(lot, version=same.get((lot.lot_id, lot.name, lot.price_minor), version)) for lot in wanted)


def check_fit(event: Event, ticket_type: TicketType, seat_counts: Mapping[str, int]) -> None:
    """Raises InvalidRequest if another type of the event has one of the lots, or the event has too many of them, and
    TicketTypeTooLarge if a lot has more tickets than the type has places. seat_counts: seats of each category."""
    others = [lot for one in event.types if one.ticket_type_id != ticket_type.ticket_type_id for lot in one.lots]
    taken = {lot.lot_id for lot in others}
    twice = [lot.lot_id for lot in ticket_type.lots if lot.lot_id in taken]
    violations.refuse({"lots.lot_id": violations.lot_twice(twice[0])} if twice else {})
    too_many = len(others) + len(ticket_type.lots) > LOTS_MAX
    violations.refuse({"lots": violations.lot_count(LOTS_MAX)} if too_many else {})
    places = places_for(ticket_type, event, seat_counts)
    if any(lot.quantity > places for lot in ticket_type.lots):
        raise TicketTypeTooLarge(limit=places)


def with_lots(
    event: Event,
    ticket_type_id: str,
    wanted: tuple[Lot, ...],
    *,
    currency: str,
    seat_counts: Mapping[str, int],
    now_us: int,
) -> Event | None:
    """An event after a ticket type has got the wanted lots; None if it has them. currency: of their prices. Raises
    TicketTypeNotFound, EventState, CurrencyMismatch, InvalidRequest, TicketTypeTooLarge, HalfPriceLotTooSmall."""
    known = next((one for one in event.types if one.ticket_type_id == ticket_type_id), None)
    if known is None:
        raise TicketTypeNotFound(ticket_type_id=ticket_type_id)
    is_half = known.kind == TicketKind.HALF_PRICE
    violations.refuse({"ticket_type_id": violations.FULL_PRICE} if is_half else {})
    violations.refuse({"lots": violations.NO_LOTS_OF_PACKAGES} if wanted and known.package_size else {})
    if wanted and currency != event.currency:
        raise CurrencyMismatch(expected=event.currency)
    ticket_type = replace(known, lots=numbered(known.lots, wanted, event.version + 1))
    if ticket_type == known:
        return None
    check_changeable(event, now_us)
    check_fit(event, ticket_type, seat_counts)
    if event.state == State.DRAFT and wanted:
        ticket_type = replace(ticket_type, price_minor=wanted[0].price_minor)
    changed = replace(event, types=tuple(after(one, ticket_type) for one in event.types))
    if event.state in TICKETED:
        half_price_reserve.check_reserve(changed, seat_counts)
    return changed


def after(one: TicketType, changed: TicketType) -> TicketType:
    """A type of an event after the change of a full-price type, which its half-price types follow."""
    if one.half_of == changed.ticket_type_id:
        return replace(one, price_minor=changed.price_minor // 2)
    return changed if one.ticket_type_id == changed.ticket_type_id else one


def check_changeable(event: Event, now_us: int) -> None:
    """Raises EventState if an event is archived, while it is being published, and after it is over."""
    check_not_archived(event)
    if event.state == State.PUBLISHING:
        raise EventState(state=event.state)
    if event.state in TICKETED and event.ends_us <= now_us:
        raise EventState(state=OVER)
