"""What the rules on the fields cannot say about requests to ticketing."""

import unicodedata

from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit import rules
from services.kit.call import Caller
from services.kit.rules import invalid


def list_tickets(request: pb.ListTicketsRequest, caller: Caller) -> None:
    """Members name an event, or an order of their own. Raises InvalidRequest."""
    if caller.is_member and not (request.event_id or request.order_id):
        raise invalid("event_id", "required", *rules.GIVEN)


def check_in(request: pb.CheckInRequest) -> None:
    """A gate's name is printable: it is shown to whoever comes second. Raises InvalidRequest."""
    if any(unicodedata.category(letter) == "Cc" for letter in request.gate):
        raise invalid("gate", "text.control", *rules.PATTERNS[r"^[^\p{Cc}]*$"])
