"""The fields of an event that UpdateEvent can change."""

from collections.abc import Callable
from dataclasses import fields, replace

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.details import Details
from services.catalog.details_convert import VALUES, details_of
from services.catalog.events import TICKETS_PER_ORDER, Event

Update = Callable[[Event, pb.UpdateEventRequest], Event]
PARTS = [field.name for field in nouns.EventDetails.DESCRIPTOR.fields]


def part_of_details(part: str) -> Update:
    """The update of one field of the details."""
    name = VALUES.get(part, part)
    assert name in {field.name for field in fields(Details)}, f"Details has no {name}"

    def update(event: Event, request: pb.UpdateEventRequest) -> Event:
        wanted = getattr(details_of(request.details), name)
        return replace(event, details=replace(event.details, **{name: wanted}))

    return update


UPDATES: dict[str, Update] = {
    "title": lambda event, request: replace(event, title=request.title),
    "description": lambda event, request: replace(event, description=request.description),
    "venue_id": lambda event, _: event,  # the venue has to be found first
    "online_url": lambda event, request: replace(event, online_url=request.online_url),
    "tickets_per_order_max": lambda event, request: replace(
        event, tickets_per_order_max=request.tickets_per_order_max or TICKETS_PER_ORDER
    ),
    "tickets_per_person_max": lambda event, request: replace(
        event, tickets_per_person_max=request.tickets_per_person_max
    ),
    "details": lambda event, request: replace(event, details=details_of(request.details)),
    **{f"details.{part}": part_of_details(part) for part in PARTS},
}


def with_fields(event: Event, request: pb.UpdateEventRequest) -> Event:
    """The event with the fields that a request names, apart from its venue. The names are checked."""
    for path in request.update_mask.paths:
        event = UPDATES[path](event, request)
    return event
