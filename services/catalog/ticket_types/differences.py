"""The fields of a ticket type as text, for facts that tell what has changed. Pure."""

from services.catalog.events import Lot, TicketType
from services.kit.values import rfc3339


def values(ticket_type: TicketType, currency: str) -> dict[str, str]:
    """The values of a type's fields that may change, by the contract's names. currency: of its price."""
    return {
        "name": ticket_type.name,
        "description": ticket_type.description,
        "price": f"{ticket_type.price_minor} {currency}",
        "lots": "\n".join(text_of(lot, currency) for lot in ticket_type.lots),
        "seat_categories": "\n".join(ticket_type.categories),
        "capacity": str(ticket_type.capacity or ""),
        "per_order_min": str(ticket_type.per_order_min or ""),
        "per_order_max": str(ticket_type.per_order_max or ""),
        "hidden": "true" if ticket_type.hidden else "",
        "archived": "true" if ticket_type.archived else "",
        "access_codes": "\n".join(ticket_type.access_codes),
        "sales_start_at": rfc3339(ticket_type.sales_start_us) if ticket_type.sales_start_us else "",
        "sales_end_at": rfc3339(ticket_type.sales_end_us) if ticket_type.sales_end_us else "",
    }


def text_of(lot: Lot, currency: str) -> str:
    """A lot as text: its name, price, number of tickets, and end, separated by commas."""
    quantity, end = str(lot.quantity or ""), rfc3339(lot.ends_us) if lot.ends_us else ""
    return ", ".join((lot.name, f"{lot.price_minor} {currency}", quantity, end))
