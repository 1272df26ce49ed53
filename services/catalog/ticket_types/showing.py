"""Which ticket types buyers see. Pure."""

from dataclasses import replace

from services.catalog.events import Event
from services.catalog.lots import lots_of


def for_buyers(event: Event, opened: frozenset[str] = frozenset()) -> Event:
    """An event as buyers see it: without ticket types that are archived or hidden or need an access code, except those
    that are opened. opened: ids of types. A half-price type brings its lots: its full-price type may be left out."""
    return replace(
        event,
        types=tuple(
            replace(each, lots=lots_of(event, each))
            for each in event.types
            if not each.archived and (each.ticket_type_id in opened or not (each.hidden or each.access_codes))
        ),
    )


def opened_by(event: Event, access_code: str) -> frozenset[str]:
    """The ids of the ticket types that an access code opens."""
    code = access_code.upper()
    return frozenset(each.ticket_type_id for each in event.types if code in each.access_codes and not each.archived)
