"""Checks of requests to pricing beyond the field rules of the contract. Each raises InvalidRequest."""

from collections.abc import Iterable

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.pricing.v1 import pricing_service_pb2 as pb
from services.kit.language import invalid
from services.kit.values import folded, from_timestamp
from services.pricing.quotes import Asked

YEAR_10000_S = 253_402_300_800
SECOND_NS = 1_000_000_000


def items(asked: Iterable[Asked]) -> None:
    """No two items may name the same ticket type and lot."""
    seen: set[tuple[str, str | None]] = set()
    for item in asked:
        if (item.ticket_type_id, item.lot_id) in seen:
            raise invalid(
                "items.ticket_type_id",
                "unique",
                f"{item.ticket_type_id} only once",
                f"{item.ticket_type_id} uma vez só",
            )
        seen.add((item.ticket_type_id, item.lot_id))


def coupon(request: pb.CreateCouponRequest) -> None:
    """The amount must be positive, the time of expiry must be valid, and a series has no types of its own."""
    if request.HasField("amount") and not request.amount.minor:
        raise invalid("amount.minor", "positive", "more than 0", "mais que 0")
    if not is_time(request.expires_at):
        raise invalid("expires_at", "time", "a time that exists", "um horário que existe")
    if request.series_id and request.ticket_type_ids:
        raise invalid("ticket_type_ids", "scope", "nothing: a series needs names", "nada: uma temporada pede nomes")
    if request.event_id and request.ticket_type_names:
        raise invalid(
            "ticket_type_names", "scope", "nothing: an event needs ids", "nada: um evento pede identificadores"
        )


def names(asked: Iterable[str], known: Iterable[str]) -> None:
    """Each asked name must be that of a ticket type. known: the names of all types."""
    there = {folded(name) for name in known}
    for name in asked:
        if folded(name) not in there:
            raise invalid("ticket_type_names", "name", f"names of types, not {name}", f"nomes de tipos, não {name}")


def future(expires_at: Timestamp, *, now_us: int) -> None:
    """The time of expiry of a new coupon must be in the future."""
    if from_timestamp(expires_at) <= now_us:
        raise invalid("expires_at", "future", "a time in the future", "um horário no futuro")


def redemption(request: pb.ReserveRedemptionRequest) -> None:
    """The number of tickets must not be negative."""
    if request.tickets < 0:
        raise invalid("tickets", "positive", "at least 0", "pelo menos 0")


def is_time(stamp: Timestamp) -> bool:
    """True if a timestamp is in the range that Timestamp allows, and not before 1970."""
    return 0 <= stamp.seconds < YEAR_10000_S and 0 <= stamp.nanos < SECOND_NS
