"""What the rules on the fields cannot say about requests to ticketing."""

import unicodedata

from eventhub.refusals import InvalidRequest, PageTokenInvalid
from eventhub.ticketing.v1 import ticketing_service_pb2 as pb
from services.kit.call import Caller
from services.kit.pages import Page
from services.ticketing.store import SortKey

INT64_MAX = 2**63 - 1


def list_tickets(request: pb.ListTicketsRequest, caller: Caller) -> None:
    """Members name an event. Raises InvalidRequest."""
    if caller.is_member and not request.event_id:
        raise InvalidRequest("Members name the event.", fields={"event_id": "required of members"})


def check_in(request: pb.CheckInRequest) -> None:
    """A gate's name is printable: it is shown to whoever comes second. Raises InvalidRequest."""
    if any(unicodedata.category(letter) == "Cc" for letter in request.gate):
        raise InvalidRequest("A gate's name is printable.", fields={"gate": "has control characters"})


def sort_key(page: Page) -> SortKey | None:
    """Where a page begins; None for the first. Raises PageTokenInvalid for a token that is not ours."""
    match page.after:
        case ():
            return None
        case (int(issued_us), int(serial), str(ticket_id)) if max(abs(issued_us), abs(serial)) <= INT64_MAX:
            if ticket_id.isascii() and ticket_id.isprintable():
                return issued_us, serial, ticket_id
    raise PageTokenInvalid
