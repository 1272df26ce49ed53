"""Checks of requests about ticket types beyond the field rules of the contract. Each raises InvalidRequest."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import violations
from services.catalog.ticket_types.editing import FIELDS, LIST_POSITION
from services.kit.values import folded, from_timestamp

YEAR_10000_S = 253_402_300_800
SECOND_NS = 1_000_000_000
TIMES: tuple[Literal["sales_start_at"], Literal["sales_end_at"]] = ("sales_start_at", "sales_end_at")


def update(request: pb.UpdateTicketTypeRequest) -> None:
    """See mask."""
    mask(request, [*FIELDS, LIST_POSITION], needed=("name", LIST_POSITION))


def mask(
    request: pb.UpdateTicketTypeRequest | pb.UpdatePassRequest, fields: Iterable[str], *, needed: Iterable[str]
) -> None:
    """The mask must name fields that may change, and each that is named must have a value if it needs one. Times must
    exist. fields: those that may change. needed: those that need a value."""
    paths, known = request.update_mask.paths, list(fields)
    if not paths or not set(paths) <= set(known):
        violations.refuse({"update_mask": violations.field_names(known)})
    empty = [name for name in needed if name in paths and not getattr(request, name)]
    violations.refuse(dict.fromkeys(empty, violations.REQUIRED))
    times(request)


def added(request: pb.AddTicketTypeRequest) -> None:
    """A type with lots has no other price, and a half-price type has no lots of its own. Its times must exist."""
    times(request)
    if request.lots:
        violations.refuse({"price": violations.LOTS_HAVE_PRICES} if request.HasField("price") else {})
        is_half = request.kind == nouns.TICKET_KIND_HALF_PRICE
        violations.refuse({"lots": violations.HALF_HAS_NO_LOTS} if is_half else {})
    lots(request.lots)


def lots(wanted: Sequence[nouns.Lot]) -> None:
    """Lots have names, ids, one currency, and an end each: a number of tickets, or times in order. The last one is sold
    until sales end. Their times must exist."""
    exist = all(is_time(lot.ends_at) for lot in wanted if lot.HasField("ends_at"))
    violations.refuse({} if exist else {"lots.ends_at": violations.TIME})
    ends = [from_timestamp(lot.ends_at) for lot in wanted if lot.HasField("ends_at")]
    differ = all(len(set(each)) == len(wanted) for each in ([lot.lot_id for lot in wanted], names_of(wanted)))
    rules = {
        violations.LOTS_DIFFER: differ,
        violations.LOT_CURRENCY: len({lot.price.currency for lot in wanted}) <= 1,
        violations.LOT_NEEDS_AN_END: all(lot.quantity or lot.HasField("ends_at") for lot in wanted[:-1]),
        violations.LAST_LOT_HAS_NO_END: not any(lot.HasField("ends_at") for lot in wanted[-1:]),
        violations.LOT_ENDS_IN_ORDER: all(one < other for one, other in pairwise(ends)),
    }
    broken = [violation for violation, kept in rules.items() if not kept]
    violations.refuse({"lots": broken[0]} if broken else {})


def names_of(wanted: Sequence[nouns.Lot]) -> list[str]:
    """The names of lots as they are compared."""
    return [folded(lot.name) for lot in wanted]


def times(request: pb.AddTicketTypeRequest | pb.UpdateTicketTypeRequest | pb.UpdatePassRequest) -> None:
    """The times of a ticket type must exist and not lie before 1970."""
    wrong = [name for name in TIMES if request.HasField(name) and not is_time(getattr(request, name))]
    violations.refuse(dict.fromkeys(wrong, violations.TIME))


def is_time(stamp: Timestamp) -> bool:
    """True if a timestamp is in the range that Timestamp allows, and after the beginning of 1970."""
    return 0 < stamp.seconds < YEAR_10000_S and 0 <= stamp.nanos < SECOND_NS
