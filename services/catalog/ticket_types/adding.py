"""The rules for ticket types: those of a new one, and those that hold after each change. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from eventhub.refusals import (
    CurrencyMismatch,
    TicketTypeArchived,
    TicketTypeNameInUse,
    TicketTypeNotFound,
    TicketTypeTooLarge,
)
from services.catalog import lots, violations
from services.catalog.events import (
    TYPES_MAX,
    Event,
    State,
    TicketKind,
    TicketType,
    check_not_over,
    default_categories,
    places_for,
    with_area,
)
from services.catalog.half_price_reserve import check_reserve
from services.catalog.ticket_types import packages, prices
from services.kit.values import folded


def with_type(
    event: Event, wanted: TicketType, *, currency: str | None, seat_counts: Mapping[str, int], now_us: int
) -> Event:
    """An event with one more ticket type, with its price and categories.

    currency: of the given price; None if the organizer gave none. seat_counts: seats of each category. Raises the
    reasons of AddTicketType, except IdInUse.
    """
    check_not_over(event, now_us)
    if len(event.types) >= TYPES_MAX:
        violations.refuse({"event_id": violations.type_count(TYPES_MAX)})
    wanted = with_categories(with_area(event, wanted), seat_counts)
    wanted = replace(wanted, lots=lots.numbered((), wanted.lots, event.version + 1))
    check_size(event, wanted, seat_counts)
    check_name(event, wanted)
    check_limits(event, wanted)
    packages.check(event, wanted, seat_counts)
    changed = replace(event, types=(*event.types, priced(event, wanted, currency)))
    check_published(changed, seat_counts)
    return changed


def priced(event: Event, wanted: TicketType, currency: str | None) -> TicketType:
    """A new ticket type with its price. Raises InvalidRequest, CurrencyMismatch, TicketTypeNotFound,
    TicketTypeArchived."""
    if wanted.kind == TicketKind.HALF_PRICE:
        violations.refuse({} if currency is None else {"price": violations.HALF_HAS_NO_PRICE})
        return with_half_price(event, wanted)
    violations.refuse({"half_of_ticket_type_id": violations.NO_HALF_OF} if wanted.half_of else {})
    check_currency(event, currency)
    return wanted


def with_half_price(event: Event, wanted: TicketType) -> TicketType:
    """A half-price type with its price: half of the full price, rounded down. Raises InvalidRequest,
    TicketTypeNotFound, TicketTypeArchived."""
    violations.refuse({} if wanted.half_of else {"half_of_ticket_type_id": violations.HALF_OF})
    full = type_of(event, wanted.half_of)
    is_half = full.kind == TicketKind.HALF_PRICE
    violations.refuse({"half_of_ticket_type_id": violations.FULL_PRICE} if is_half else {})
    violations.refuse({"half_of_ticket_type_id": violations.NO_PACKAGE} if full.package_size else {})
    check_sells(full)
    return replace(wanted, price_minor=prices.half(full.price_minor), prices=prices.at_half(full))


def check_own_price(ticket_type: TicketType) -> None:
    """Raises InvalidRequest for a half-price type, whose price follows from another, and for a type whose lots have the
    prices."""
    is_half = ticket_type.kind == TicketKind.HALF_PRICE
    violations.refuse({"price": violations.HALF_HAS_NO_PRICE} if is_half else {})
    violations.refuse({"price": violations.LOTS_HAVE_PRICES} if ticket_type.lots else {})


def type_of(event: Event, ticket_type_id: str) -> TicketType:
    """A ticket type of an event. Raises TicketTypeNotFound."""
    for ticket_type in event.types:
        if ticket_type.ticket_type_id == ticket_type_id:
            return ticket_type
    raise TicketTypeNotFound(ticket_type_id=ticket_type_id)


def check_sells(ticket_type: TicketType) -> None:
    """Raises TicketTypeArchived if a type sells no more."""
    if ticket_type.archived:
        raise TicketTypeArchived(ticket_type_id=ticket_type.ticket_type_id)


def check_currency(event: Event, currency: str | None) -> None:
    """Raises InvalidRequest if there is no price, CurrencyMismatch if it is not in the event's currency."""
    violations.refuse({} if currency is not None else {"price": violations.PRICE})
    if currency != event.currency:
        raise CurrencyMismatch(expected=event.currency)


def with_categories(wanted: TicketType, seat_counts: Mapping[str, int]) -> TicketType:
    """A ticket type with the categories it is sold for; none in an area. Raises InvalidRequest if the plan lacks one of
    them."""
    unknown = [category for category in wanted.categories if category not in seat_counts]
    violations.refuse({"seat_categories": violations.unknown_category(unknown[0])} if unknown else {})
    if wanted.area_id:
        violations.refuse({"seat_categories": violations.NO_SEATS} if wanted.categories else {})
        return wanted
    return replace(wanted, categories=wanted.categories or default_categories(list(seat_counts)))


def check_size(event: Event, wanted: TicketType, seat_counts: Mapping[str, int]) -> None:
    """Raises TicketTypeTooLarge if a type or one of its lots has more tickets than places, and as lots.check_fit."""
    places = places_for(wanted, event, seat_counts)
    if wanted.capacity > places:
        raise TicketTypeTooLarge(limit=places)
    lots.check_fit(event, wanted, seat_counts)


def check_name(event: Event, wanted: TicketType) -> None:
    """Raises TicketTypeNameInUse if another type of the event has the name of this one."""
    others = [each for each in event.types if each.ticket_type_id != wanted.ticket_type_id]
    if folded(wanted.name) in {folded(other.name) for other in others}:
        raise TicketTypeNameInUse(name=wanted.name)


def check_limits(event: Event, wanted: TicketType) -> None:
    """Raises InvalidRequest if no order could have so many tickets of a type, or its sales end before they begin."""
    wrong = {}
    if wanted.per_order_min > event.tickets_per_order_max:
        wrong["per_order_min"] = violations.at_most(event.tickets_per_order_max)
    if wanted.per_order_max and wanted.per_order_max < wanted.per_order_min:
        wrong["per_order_max"] = violations.at_least(wanted.per_order_min)
    if wanted.sales_end_us and wanted.sales_end_us <= wanted.sales_start_us:
        wrong["sales_end_at"] = violations.AFTER_START
    violations.refuse(wrong)


def check_published(event: Event, seat_counts: Mapping[str, int]) -> None:
    """Raises HalfPriceLotTooSmall if a published event offers less half price than its reserve."""
    if event.state != State.DRAFT:
        check_reserve(event, seat_counts)
