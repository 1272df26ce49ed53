"""Tills: which sales a till takes, and how it is counted. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from eventhub.refusals import IdInUse, TillClosed, TillCurrency, TillNoteRequired, TillNotOpen, TillOtherEvent


class CounterMethod(StrEnum):
    """The contract's CounterMethod, as the database spells it."""

    CASH = "CASH"
    CARD_TERMINAL = "CARD_TERMINAL"
    VOUCHER = "VOUCHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """A clerk's cash box during one shift. Amounts are in minor units of its currency.

    event_id: the only event that it sells; empty for all.
    float_minor: the cash at the beginning.
    closed_us: None while it is open.
    counted_minor, expected_minor, note, closing_hash: of its closing; 0 and empty before.
    """

    till_id: str
    organizer_id: str
    clerk_id: str
    event_id: str
    currency: str
    float_minor: int
    content_hash: str
    opened_us: int
    closed_us: int | None = None
    closed_by: str = ""
    counted_minor: int = 0
    expected_minor: int = 0
    note: str = ""
    closing_hash: str = ""

    @property
    def is_open(self) -> bool:
        """Whether the till takes sales."""
        return self.closed_us is None


@dataclass(frozen=True, slots=True)
class TillTotal:
    """The sum and the number of a till's sales by one method."""

    method: CounterMethod
    amount_minor: int
    sales: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A till and its booked sales by method."""

    till: Till
    totals: Sequence[TillTotal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A call to close a till."""

    closed_by: str
    counted_minor: int
    currency: str
    note: str
    content_hash: str


def check_repeat(known: Till, new: Till) -> None:
    """Raises IdInUse if a new till is not the known one of its id."""
    if (known.organizer_id, known.clerk_id, known.content_hash) != (new.organizer_id, new.clerk_id, new.content_hash):
        raise IdInUse


def check_sells(till: Till | None, event_id: str) -> Till:
    """The till, if it takes sales of an event. Raises TillNotOpen, TillOtherEvent."""
    if till is None or not till.is_open:
        raise TillNotOpen
    if till.event_id not in ("", event_id):
        raise TillOtherEvent(event_id=till.event_id)
    return till


def check_takes(till: Till | None, *, organizer_id: str, event_id: str, currency: str) -> None:
    """Raises TillNotOpen, TillOtherEvent or TillCurrency if a till does not take a sale."""
    selling = check_sells(till, event_id)
    if selling.organizer_id != organizer_id:
        raise TillNotOpen
    if selling.currency != currency:
        raise TillCurrency(expected=selling.currency)


def expected_cash(till: Till, totals: Sequence[TillTotal]) -> int:
    """The cash that should be in a till: the float and all cash sales."""
    return till.float_minor + sum(total.amount_minor for total in totals if total.method is CounterMethod.CASH)


def closed(till: Till, closing: Closing, totals: Sequence[TillTotal], *, now_us: int) -> Till:
    """The till after its closing; a repeat leaves it as it is. totals: its booked sales. Raises TillCurrency,
    TillNoteRequired, TillClosed."""
    if not till.is_open:
        if till.closing_hash != closing.content_hash:
            raise TillClosed
        return till
    if closing.currency != till.currency:
        raise TillCurrency(expected=till.currency)
    expected_minor = expected_cash(till, totals)
    if closing.counted_minor != expected_minor and not closing.note.strip():
        raise TillNoteRequired(
            expected_minor=expected_minor, counted_minor=closing.counted_minor, currency=till.currency
        )
    return replace(
        till,
        closed_us=now_us,
        closed_by=closing.closed_by,
        counted_minor=closing.counted_minor,
        expected_minor=expected_minor,
        note=closing.note,
        closing_hash=closing.content_hash,
    )
