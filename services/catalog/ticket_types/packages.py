"""The rules for ticket types that are sold in packages, such as a table of eight. Pure."""

from collections.abc import Mapping

from eventhub.refusal import Violation
from eventhub.refusals import TicketTypeTooLarge
from services.catalog import violations
from services.catalog.events import Event, TicketKind, TicketType, places_for


def check(event: Event, ticket_type: TicketType, seat_counts: Mapping[str, int]) -> None:
    """Raises InvalidRequest if a ticket type cannot be sold in its packages, TicketTypeTooLarge if a package has more
    tickets than the type has places. seat_counts: seats of each category."""
    size, order_max = ticket_type.package_size, event.tickets_per_order_max
    buyer_max = min(order_max, event.tickets_per_person_max or order_max)
    if not size:
        return
    wrong = {}
    if size > buyer_max:
        wrong["package_size"] = violations.at_most(buyer_max)
    if ticket_type.kind == TicketKind.HALF_PRICE:
        wrong["package_size"] = violations.NO_HALF_PACKAGE
    if ticket_type.lots:
        wrong["lots"] = violations.NO_LOTS_OF_PACKAGES
    if ticket_type.capacity % size:
        wrong["capacity"] = violations.whole_packages(size)
    if ticket_type.per_order_max and ticket_type.per_order_max < size:
        wrong["per_order_max"] = violations.at_least(size)
    violations.refuse(wrong)
    places = places_for(ticket_type, event, seat_counts)
    if size > places:
        raise TicketTypeTooLarge(limit=places)


def limits_problems(event: Event) -> dict[str, Violation]:
    """The violations of an event's limits, by field: a buyer may have its largest package."""
    largest = max((ticket_type.package_size for ticket_type in event.types), default=0)
    wrong = {}
    if event.tickets_per_order_max < largest:
        wrong["tickets_per_order_max"] = violations.at_least(largest)
    if 0 < event.tickets_per_person_max < largest:
        wrong["tickets_per_person_max"] = violations.at_least(largest)
    return wrong
