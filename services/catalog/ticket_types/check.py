"""Checks of requests about ticket types beyond the field rules of the contract. Each raises InvalidRequest."""

from typing import Literal

from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog import violations
from services.catalog.ticket_types.editing import FIELDS, LIST_POSITION

YEAR_10000_S = 253_402_300_800
SECOND_NS = 1_000_000_000
TIMES: tuple[Literal["sales_start_at"], Literal["sales_end_at"]] = ("sales_start_at", "sales_end_at")


def update(request: pb.UpdateTicketTypeRequest) -> None:
    """The mask must name fields that may change, and each that is named must have a value if it needs one."""
    paths = request.update_mask.paths
    unknown = [path for path in paths if path not in (*FIELDS, LIST_POSITION)]
    if unknown or not paths:
        violations.refuse({"update_mask": violations.field_names([*FIELDS, LIST_POSITION])})
    empty = [name for name in ("name", LIST_POSITION) if name in paths and not getattr(request, name)]
    violations.refuse(dict.fromkeys(empty, violations.REQUIRED))
    times(request)


def times(request: pb.AddTicketTypeRequest | pb.UpdateTicketTypeRequest) -> None:
    """The times of a ticket type must exist and not lie before 1970."""
    wrong = [name for name in TIMES if request.HasField(name) and not is_time(getattr(request, name))]
    violations.refuse(dict.fromkeys(wrong, violations.TIME))


def is_time(stamp: Timestamp) -> bool:
    """True if a timestamp is in the range that Timestamp allows, and after the beginning of 1970."""
    return 0 < stamp.seconds < YEAR_10000_S and 0 <= stamp.nanos < SECOND_NS
