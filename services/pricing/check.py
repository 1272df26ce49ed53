"""What the rules on the fields cannot say about requests to pricing."""

from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from services.kit.language import invalid
from services.kit.values import from_timestamp

YEAR_10000_S = 253_402_300_800
SECOND_NS = 1_000_000_000


def items(asked: Iterable[pb.QuoteItem]) -> None:
    """A ticket type is named once. Raises InvalidRequest."""
    seen: set[str] = set()
    for item in asked:
        if item.ticket_type_id in seen:
            raise invalid(
                "items.ticket_type_id",
                "unique",
                f"{item.ticket_type_id} only once",
                f"{item.ticket_type_id} uma vez só",
            )
        seen.add(item.ticket_type_id)


def coupon(request: pb.CreateCouponRequest) -> None:
    """An amount takes something off; the end is a time there is. Raises InvalidRequest."""
    if request.HasField("amount") and not request.amount.minor:
        raise invalid("amount.minor", "positive", "more than 0", "mais que 0")
    if not is_time(request.expires_at):
        raise invalid("expires_at", "time", "a time that there is", "um horário que existe")


def still_to_come(expires_at: Timestamp, *, now_us: int) -> None:
    """A new coupon's end lies in the future. Raises InvalidRequest."""
    if from_timestamp(expires_at) <= now_us:
        raise invalid("expires_at", "future", "a time in the future", "um horário no futuro")


def redemption(request: pb.ReserveRedemptionRequest) -> None:
    """Tickets are counted from 0. Raises InvalidRequest."""
    if request.tickets < 0:
        raise invalid("tickets", "positive", "at least 0", "pelo menos 0")


def is_time(stamp: Timestamp) -> bool:
    """Whether a timestamp is one that the contract's type allows, from 1970 on."""
    return 0 <= stamp.seconds < YEAR_10000_S and 0 <= stamp.nanos < SECOND_NS
