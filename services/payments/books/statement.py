"""Statements: an organizer's books of a period, summed up. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventhub.payments.v1.payments_service_pb2 import GetStatementRequest
from services.kit.language import invalid
from services.kit.values import SECOND_US, from_timestamp

PERIOD_MAX_US = 400 * 24 * 3_600 * SECOND_US
# What moves the money of buyers, by the first word of an entry's id; other entries are no line of a statement.
KINDS = ("capture", "refund", "dispute")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The lines of one kind of entry in one account of an event, summed up."""

    event_id: str
    currency: str
    kind: str
    account: str
    amount_minor: int
    entries: int


@dataclass(slots=True, kw_only=True)
class Line:
    """A line of a statement; see the contract's StatementLine."""

    captured_minor: int = 0
    refunded_minor: int = 0
    disputed_minor: int = 0
    fees_minor: int = 0
    payments: int = 0


# Money owed to buyers, as method_of tells it.
BY_HAND = ("by_hand", "")
# event, currency, method, till
Key = tuple[str, str, str, str]


def period(request: GetStatementRequest) -> tuple[int, int]:
    """The period of a request. Raises InvalidRequest."""
    from_us, to_us = from_timestamp(getattr(request, "from")), from_timestamp(request.to)
    if not from_us < to_us <= from_us + PERIOD_MAX_US:
        raise invalid("to", "period", "after the beginning, at most 400 days", "depois do início, até 400 dias")
    return from_us, to_us


def method_of(account: str) -> tuple[str, str] | None:
    """The method and the till of an account that has money of buyers; None for other accounts."""
    head, _, rest = account.partition(":")
    if head == "clearing":
        return rest, ""
    if head == "till":
        till_id, _, method = rest.rpartition(":")
        return method, till_id
    return {"refunds_owed": BY_HAND, "fee": ("", "")}.get(head)


def lines(sums: Iterable[Sum]) -> Mapping[Key, Line]:
    """The lines of a statement, in order."""
    found: dict[Key, Line] = {}
    for one in sums:
        place = method_of(one.account)
        if place is None or one.kind not in KINDS:
            continue
        line = found.setdefault((one.event_id, one.currency, *place), Line())
        if one.account == "fee":
            line.fees_minor -= one.amount_minor
        elif one.kind == "capture":
            line.captured_minor += one.amount_minor
            line.payments += one.entries
        elif one.kind == "refund" or place == BY_HAND:  # a dispute ends the debt
            line.refunded_minor -= one.amount_minor
        else:
            line.disputed_minor -= one.amount_minor
    return {key: found[key] for key in sorted(found)}
