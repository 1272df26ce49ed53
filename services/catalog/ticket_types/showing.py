"""Which ticket types buyers see. Pure."""

from dataclasses import replace

from services.catalog.events import Event, TicketType
from services.catalog.lots import lots_of


def for_buyers(event: Event, opened: frozenset[str] = frozenset()) -> Event:
    """An event as buyers see it: without ticket types that are archived or hidden or need an access code, except those
    that are opened. opened: ids of types. A half-price type brings its lots: its full-price type may be left out."""
    return replace(
        event,
        types=tuple(replace(each, lots=lots_of(event, each)) for each in event.types if is_shown(each, opened)),
    )


def is_shown(ticket_type: TicketType, opened: frozenset[str] = frozenset()) -> bool:
    """Whether buyers see a ticket type. opened: as in for_buyers."""
    secret = ticket_type.hidden or ticket_type.access_codes
    return not ticket_type.archived and (ticket_type.ticket_type_id in opened or not secret)


def opened_by(event: Event, access_code: str) -> frozenset[str]:
    """The ids of the ticket types that an access code opens."""
    code = access_code.upper()
    return frozenset(each.ticket_type_id for each in event.types if code in each.access_codes and not each.archived)
