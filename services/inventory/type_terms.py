"""The terms on which ticket types sell. Decisions only."""

from collections.abc import Mapping

from eventhub.refusals import (
    AccessCodeWrong,
    EventMoving,
    EventNotOnSale,
    PackageIncomplete,
    SeatNotAllowed,
    SeatNotOfType,
    SeatRequired,
    TypeNotOnSale,
    TypeOrderLimit,
)
from services.inventory.holds import EventSale, Item, SaleState, TicketType, Wish
from services.kit.values import keyed_hash, rfc3339, to_timestamp


def check(wish: Wish, types: Mapping[str, TicketType], *, at_counter: bool, now_us: int) -> None:
    """Raises SeatRequired, SeatNotAllowed, PackageIncomplete, TypeNotOnSale, TypeOrderLimit or AccessCodeWrong if a
    type does not sell what a wish asks of it.

    types: all types that the wish names. at_counter: whether the event's own organizer sells, who needs no code.
    """
    for item in wish.items:
        ticket_type = types[item.ticket_type_id]
        check_shape(item, ticket_type)
        check_packages(item, ticket_type)
        check_times(ticket_type, now_us)
        check_number(ticket_type, item.tickets)
        if not (at_counter or opens(item, ticket_type)):
            raise AccessCodeWrong(ticket_type_id=item.ticket_type_id)


def check_shape(item: Item, ticket_type: TicketType) -> None:
    """Raises SeatRequired or SeatNotAllowed if an item does not fit its ticket type."""
    if ticket_type.seated and (item.quantity or not item.seat_ids):
        raise SeatRequired(ticket_type_id=item.ticket_type_id)
    if not ticket_type.seated and (item.seat_ids or item.quantity < 1):
        raise SeatNotAllowed(ticket_type_id=item.ticket_type_id)


def check_packages(item: Item, ticket_type: TicketType) -> None:
    """Raises PackageIncomplete if an item is not for whole packages of its ticket type."""
    if item.tickets % ticket_type.package_size:
        raise PackageIncomplete(ticket_type_id=item.ticket_type_id, size=ticket_type.package_size)


def check_category(seat_id: str, label: str, category: str, ticket_type: TicketType) -> None:
    """Raises SeatNotOfType if a ticket type is not sold for a seat's category."""
    if not ticket_type.includes(category):
        raise SeatNotOfType(seat_id=seat_id, seat=label, ticket_type_id=ticket_type.ticket_type_id)


def check_times(ticket_type: TicketType, now_us: int) -> None:
    """Raises TypeNotOnSale unless a type sells now."""
    if sells_at(ticket_type, now_us):
        return
    refused = TypeNotOnSale(ticket_type_id=ticket_type.ticket_type_id)
    for name, us in (("starts_at", ticket_type.starts_us), ("ends_at", ticket_type.ends_us)):
        stamp = to_timestamp(us or None)
        if stamp is not None:
            refused.facts[name] = stamp.ToJsonString()
    raise refused


def sells_at(ticket_type: TicketType, now_us: int) -> bool:
    """Whether a time is among those at which a type sells."""
    return ticket_type.starts_us <= now_us and (not ticket_type.ends_us or now_us < ticket_type.ends_us)


def check_number(ticket_type: TicketType, tickets: int) -> None:
    """Raises TypeOrderLimit if one hold may not have so many tickets of a type."""
    if tickets < ticket_type.order_min or tickets > (ticket_type.order_max or tickets):
        least = max(ticket_type.order_min, 1)
        raise TypeOrderLimit(ticket_type_id=ticket_type.ticket_type_id, min=least, max=ticket_type.order_max)


def opens(item: Item, ticket_type: TicketType) -> bool:
    """Whether a type needs no access code, or an item names one of its codes."""
    if not ticket_type.code_hashes:
        return True
    return keyed_hash(ticket_type.ticket_type_id, item.access_code.upper()) in ticket_type.code_hashes


def tried_codes(wish: Wish, types: Mapping[str, TicketType]) -> list[tuple[Item, TicketType]]:
    """The items of a wish whose access code is compared with those of their type."""
    named = [(item, types.get(item.ticket_type_id)) for item in wish.items if item.access_code]
    return [(item, ticket_type) for item, ticket_type in named if ticket_type is not None and ticket_type.code_hashes]


def check_not_moving(sale: EventSale) -> None:
    """Raises EventMoving while an event's seats move to another plan."""
    if sale.moving:
        raise EventMoving(event_id=sale.event_id)


def check_on_sale(sale: EventSale, now_us: int, *, at_counter: bool) -> None:
    """Raises EventMoving, or EventNotOnSale unless the event sells now, with the time at which its sales begin if they
    have not begun and end after that. at_counter: whether the event's own organizer sells."""
    check_not_moving(sale)
    end_us = sale.counter_end_us if at_counter else sale.sales_end_us
    if sale.state == SaleState.OPEN and now_us < sale.sales_start_us < end_us:
        raise EventNotOnSale(event_id=sale.event_id, starts_at=rfc3339(sale.sales_start_us))
    if sale.state != SaleState.OPEN or not sale.sales_start_us <= now_us < end_us:
        raise EventNotOnSale(event_id=sale.event_id)
