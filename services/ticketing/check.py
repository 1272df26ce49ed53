"""Checks on requests that the contract's rules for fields cannot express."""

from eventhub.refusals import TicketOtherEvent
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.language import invalid, rules
from services.kit.rpc import Caller


def list_tickets(request: pb.ListTicketsRequest, caller: Caller) -> None:
    """A member names an event or an order. Raises InvalidRequest."""
    if caller.is_member and not (request.event_id or request.order_id):
        raise invalid("event_id", "required", *rules.GIVEN)


def check_in(request: pb.CheckInRequest, caller: Caller) -> None:
    """A gate device scans for its own event only. Raises TicketOtherEvent."""
    if caller.event_id and caller.event_id != request.event_id:
        raise TicketOtherEvent
