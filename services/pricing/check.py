"""What the rules on the fields cannot say about requests to pricing."""

from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from eventhub.refusals import InvalidRequest
from services.kit.clock import from_timestamp

YEAR_10000_S = 253_402_300_800
SECOND_NS = 1_000_000_000


def items(asked: Iterable[pb.QuoteItem]) -> None:
    """A ticket type is named once. Raises InvalidRequest."""
    seen: set[str] = set()
    for item in asked:
        if item.ticket_type_id in seen:
            raise invalid("items.ticket_type_id", f"{item.ticket_type_id} is named twice")
        seen.add(item.ticket_type_id)


def coupon(request: pb.CreateCouponRequest) -> None:
    """An amount takes something off; the end is a time there is. Raises InvalidRequest."""
    if request.HasField("amount") and not request.amount.minor:
        raise invalid("amount.minor", "must be greater than 0")
    if not is_time(request.expires_at):
        raise invalid("expires_at", "is no time")


def still_to_come(expires_at: Timestamp, *, now_us: int) -> None:
    """A new coupon's end lies in the future. Raises InvalidRequest."""
    if from_timestamp(expires_at) <= now_us:
        raise invalid("expires_at", "must lie in the future")


def redemption(request: pb.ReserveRedemptionRequest) -> None:
    """Tickets are counted from 0. Raises InvalidRequest."""
    if request.tickets < 0:
        raise invalid("tickets", "must not be below 0")


def is_time(stamp: Timestamp) -> bool:
    """Whether a timestamp is one that the contract's type allows, from 1970 on."""
    return 0 <= stamp.seconds < YEAR_10000_S and 0 <= stamp.nanos < SECOND_NS


def invalid(field: str, problem: str) -> InvalidRequest:
    """The refusal that names a field."""
    return InvalidRequest(f"{field} {problem}.", fields={field: problem})
