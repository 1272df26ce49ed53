"""What the rules on the fields cannot say about requests to ticketing."""

from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.language import invalid, rules
from services.kit.rpc import Caller


def list_tickets(request: pb.ListTicketsRequest, caller: Caller) -> None:
    """Members name an event, or an order of their own. Raises InvalidRequest."""
    if caller.is_member and not (request.event_id or request.order_id):
        raise invalid("event_id", "required", *rules.GIVEN)
