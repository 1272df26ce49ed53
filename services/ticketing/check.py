"""What the rules on the fields cannot say about requests to ticketing."""

import unicodedata

from eventhub.refusals import InvalidRequest
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.call import Caller


def list_tickets(request: pb.ListTicketsRequest, caller: Caller) -> None:
    """Members name an event, or an order of their own. Raises InvalidRequest."""
    if caller.is_member and not (request.event_id or request.order_id):
        raise InvalidRequest("Members name the event.", fields={"event_id": "required of members"})


def check_in(request: pb.CheckInRequest) -> None:
    """A gate's name is printable: it is shown to whoever comes second. Raises InvalidRequest."""
    if any(unicodedata.category(letter) == "Cc" for letter in request.gate):
        raise InvalidRequest("A gate's name is printable.", fields={"gate": "has control characters"})
