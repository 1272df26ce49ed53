"""What a change does to the ticket types of an event, field by field. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.catalog.events import TicketType
from services.kit.values import to_timestamp


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of the contract's Event that has changed. old, new: its values as text, as FieldChange says."""

    field: str
    old: str
    new: str


def of_types(before: Iterable[TicketType], after: Iterable[TicketType], currency: str) -> list[Difference]:
    """What has changed of the types. Types are never taken from a published event. currency: of their prices."""
    known = {ticket_type.ticket_type_id: ticket_type for ticket_type in before}
    found = []
    for ticket_type in after:
        path, old = f"ticket_types.{ticket_type.ticket_type_id}", known.get(ticket_type.ticket_type_id)
        if old is None:
            found.append(Difference(path, "", ticket_type.name))
            continue
        values = zip(values_of(old, currency).items(), values_of(ticket_type, currency).values(), strict=True)
        found += [Difference(f"{path}.{name}", was, now) for (name, was), now in values if was != now]
        if old.access_codes != ticket_type.access_codes:
            found.append(Difference(f"{path}.access_codes", "", ""))
    return found


def values_of(ticket_type: TicketType, currency: str) -> dict[str, str]:
    """The values of a type's fields as text, by the contract's names."""
    return {
        "name": ticket_type.name,
        "description": ticket_type.description,
        "price": f"{ticket_type.price_minor} {currency}",
        "seat_categories": "\n".join(ticket_type.categories),
        "capacity": number(ticket_type.capacity),
        "per_order_min": number(ticket_type.per_order_min),
        "per_order_max": number(ticket_type.per_order_max),
        "hidden": truth(ticket_type.hidden),
        "archived": truth(ticket_type.archived),
        "sales_start_at": moment(ticket_type.sales_start_us),
        "sales_end_at": moment(ticket_type.sales_end_us),
    }


def number(value: int) -> str:
    """A limit as text; empty if there is none."""
    return str(value) if value else ""


def truth(value: object) -> str:
    """A yes or no as text."""
    return "true" if value else "false"


def moment(us: int) -> str:
    """A time in RFC 3339; empty if there is none. us: microseconds since 1970."""
    stamp = to_timestamp(us or None)
    return "" if stamp is None else stamp.ToJsonString()
