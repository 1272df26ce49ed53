"""Mail to an address that nobody has proven: anybody may have typed it. So it says nothing that a guest has typed and,
unless an order was paid, nothing that an organizer has but the event's title; and it is bounded. An order is paid here
if a payment provider took more than a trifle for it."""

import json
import re
from dataclasses import dataclass, replace
from enum import Enum, auto

from services.kit.values import DECIMALS
from services.notifications import notices
from services.notifications.letters import Event, Private
from services.notifications.notices import Notice

CARD, FREE = "CARD", "FREE"
# Money of which one whole unit is more than a trifle, and money of which ten are. An event may be sold in any money:
# what is in neither list is taken for weak.
STRONG = """
AED AUD BAM BOB BRL CAD CHF CNY DKK EUR GBP GEL HKD ILS KWD MYR NOK NZD PEN PLN QAR RON SAR SEK SGD USD
"""
MIDDLE = "CZK DOP EGP GTQ INR MAD MXN NIO PHP RUB THB TRY TWD UAH UYU ZAR"
UNITS_MIN = dict.fromkeys(STRONG.split(), 1) | dict.fromkeys(MIDDLE.split(), 10) | {"JPY": 100}
WEAK_UNITS_MIN = 1_000
# A dot or a colon between letters makes mail programs take a text for a link; not if this follows, which takes no room.
WORD_JOINER = "\N{WORD JOINER}"
LINK_MAKERS = re.compile(r"(?<=\w)([.:@])(?=[\w/])")


class Course(Enum):
    """What becomes of a mail to an unproven address."""

    SENT = auto()
    WITHHELD = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class Unpaid:
    """How many mails about what is not paid may go to unproven addresses in a day. mailbox: to one mailbox. organizer:
    about one organizer's events. pair: to one mailbox about one organizer's events."""

    mailbox: int
    organizer: int
    pair: int


@dataclass(frozen=True, slots=True)
class Paid:
    """How many mails about what is paid may go to an unproven mailbox in a day. pair: about one organizer's events.
    organizers: how many organizers' events these mails may be about."""

    pair: int
    organizers: int


UNPAID = Unpaid(mailbox=10, organizer=200, pair=5)
# Money bounds by itself how often buyers buy, so no organizer's sale is cut short. An organizer that buys from itself
# has its money back: it uses up its own bound, and one place in the bound of organizers.
PAID = Paid(pair=30, organizers=50)


def unpaid_limits(mailbox: str, organizer_id: str) -> dict[str, int]:
    """By what a mail is counted that is about nothing paid, and how far each count may go."""
    return {
        mailbox: UNPAID.mailbox,
        f"organizer:{organizer_id}": UNPAID.organizer,
        f"{mailbox} {organizer_id}": UNPAID.pair,
    }


def paid_limits(mailbox: str, organizer_id: str) -> dict[str, int]:
    """By what a mail is counted that is about something paid, and how far that count may go."""
    return {f"paid {mailbox} {organizer_id}": PAID.pair}


def organizers_limit(mailbox: str) -> dict[str, int]:
    """By what an organizer's first mail of a day about something paid is counted besides, and how far that may go."""
    return {f"paid {mailbox}": PAID.organizers}


def is_worth(minor: int, currency: str) -> bool:
    """Whether an amount is more than a trifle."""
    minor_of_a_unit: int = 10 ** DECIMALS.get(currency, 2)
    return minor >= UNITS_MIN.get(currency, WEAK_UNITS_MIN) * minor_of_a_unit


def is_paid(notice: Notice, *, holds_paid: bool) -> bool:
    """Whether what a notice is about is paid. holds_paid: whether the reader's tickets are."""
    cause = json.loads(notice.cause)
    if notice.kind == notices.ORDER_PAID:
        return bool(cause.get("method") == CARD and is_worth(cause["total_minor"], cause["currency"]))
    if notice.kind == notices.TICKETS:
        return bool(cause.get("paid"))
    return notice.kind == notices.EVENT_RESCHEDULED and holds_paid


def course(notice: Notice, *, paid: bool) -> Course:
    """What becomes of a notice's mail. Free tickets are in the session that took them, and mailed after the proof; of a
    gift, or what was paid at a counter, a mail tells before its tickets."""
    if paid:
        return Course.SENT
    if notice.kind == notices.TICKETS:
        return Course.WITHHELD
    free = notice.kind == notices.ORDER_PAID and json.loads(notice.cause).get("method") == FREE
    return Course.LEFT_OUT if free else Course.SENT


def waits_for_proof(notice: Notice, *, paid: bool) -> bool:
    """Whether a mail that is over a bound is kept until the proof: tickets, and the receipt of what is paid."""
    return notice.kind == notices.TICKETS or (paid and notice.kind == notices.ORDER_PAID)


def guarded(private: Private, event: Event, *, paid: bool) -> tuple[Private, Event]:
    """What only mail says, and of an event if it is about one, for an unproven address."""
    if not event:
        return replace(private, name="", plain=True), event
    title = {"title": unlinked(event.get("title", ""))}
    if paid:
        return replace(private, name=""), {**event, **title}
    return replace(private, name="", plain=True), {**event, **title, "place": "", "organizer": ""}


def unlinked(text: str) -> str:
    """A text of which no reader's program makes a link."""
    return LINK_MAKERS.sub(rf"\1{WORD_JOINER}", text)
