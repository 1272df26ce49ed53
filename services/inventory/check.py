"""What the rules on the fields cannot say about requests to inventory."""

from collections.abc import Iterable

from eventhub.inventory.v1 import inventory_service_pb2 as pb
from eventhub.refusals import InvalidRequest


def hold(request: pb.HoldRequest) -> None:
    """A ticket type and a seat are named once. Raises InvalidRequest."""
    once([item.ticket_type_id for item in request.items], "items.ticket_type_id")
    once([seat_id for item in request.items for seat_id in item.seat_ids], "items.seat_ids")


def once(values: Iterable[str], field: str) -> None:
    """Raises InvalidRequest where a value comes twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InvalidRequest(f"{value} is named twice.", fields={field: f"{value} is named twice"})
        seen.add(value)
