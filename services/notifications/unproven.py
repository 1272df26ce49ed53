"""Rules for mail to unproven addresses.

A guest may type another person's address, to make EventHub send spam to it. So this mail contains nothing that a guest
has typed. Unless the order is paid, it contains nothing that an organizer has typed either, except the event's title.
And each day has limits. Here an order is paid if a payment provider took more than a trifle for it.
"""

import json
import re
from dataclasses import dataclass, replace
from enum import Enum, auto

from services.kit.values import DECIMALS
from services.notifications.notices import Notice, NoticeKind
from services.notifications.texts import Event, Private

CARD, FREE = "CARD", "FREE"
# Their mails show tickets or the seats of tickets.
OF_REFUNDS = frozenset({NoticeKind.ORDER_REFUNDED, NoticeKind.REFUND_OWED})
OF_TICKETS = frozenset({NoticeKind.TICKETS, NoticeKind.SEATS_MOVED})
# One whole unit of a strong currency is more than a trifle, or ten units of a middle one. An event may be sold in any
# currency. One in neither list counts as weak: it takes 1,000 units.
STRONG = """
AED AUD BAM BOB BRL CAD CHF CNY DKK EUR GBP GEL HKD ILS KWD MYR NOK NZD PEN PLN QAR RON SAR SEK SGD USD
"""
MIDDLE = "CZK DOP EGP GTQ INR MAD MXN NIO PHP RUB THB TRY TWD UAH UYU ZAR"
UNITS_MIN = dict.fromkeys(STRONG.split(), 1) | dict.fromkeys(MIDDLE.split(), 10) | {"JPY": 100}
WEAK_UNITS_MIN = 1_000
# Mail programs make a link of a text with a dot, a colon or an @ between letters. They do not if this character, which
# is invisible, follows it.
WORD_JOINER = "\N{WORD JOINER}"
LINK_MAKERS = re.compile(r"(?<=\w)([.:@])(?=[\w/])")


class Course(Enum):
    """A decision about a mail to an unproven address. WITHHELD: it is sent when the address is proven."""

    SENT = auto()
    WITHHELD = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A day's limits of mail to unproven addresses about unpaid orders and tickets. mailbox: mails to one mailbox.
    organizer: mails about one organizer's events. pair: mails to one mailbox about one organizer's events."""

    mailbox: int
    organizer: int
    pair: int


@dataclass(frozen=True, slots=True)
class Paid:
    """A day's limits of mail to an unproven mailbox about paid orders and tickets. pair: mails about one organizer's
    events. organizers: how many organizers these mails may be about."""

    pair: int
    organizers: int


UNPAID = Unpaid(mailbox=10, organizer=200, pair=5)
# Buying costs money, which limits buyers already, so there is no limit for an organizer's whole sale. An organizer that
# buys from itself gets its money back: it is stopped by the limit of the pair, and takes one place of organizers.
PAID = Paid(pair=30, organizers=50)


def unpaid_limits(mailbox: str, organizer_id: str) -> dict[str, int]:
    """The keys by which a mail about an unpaid order or ticket is counted, each with its limit."""
    return {
        mailbox: UNPAID.mailbox,
        f"organizer:{organizer_id}": UNPAID.organizer,
        f"{mailbox} {organizer_id}": UNPAID.pair,
    }


def paid_limits(mailbox: str, organizer_id: str) -> dict[str, int]:
    """The key by which a mail about a paid order or ticket is counted, with its limit."""
    return {f"paid {mailbox} {organizer_id}": PAID.pair}


def organizers_limit(mailbox: str) -> dict[str, int]:
    """The second key for the day's first mail about a paid order or ticket of an organizer, with its limit."""
    return {f"paid {mailbox}": PAID.organizers}


def is_worth(minor: int, currency: str) -> bool:
    """Whether an amount is more than a trifle. minor: in the currency's smallest units, such as cents."""
    minor_of_a_unit: int = 10 ** DECIMALS.get(currency, 2)
    return minor >= UNITS_MIN.get(currency, WEAK_UNITS_MIN) * minor_of_a_unit


def counts_as_paid(method: str, minor: int, currency: str) -> bool:
    """Whether an order counts as paid. method: how it is paid. minor: its total, in the currency's smallest units."""
    return method == CARD and is_worth(minor, currency)


def is_paid(notice: Notice, *, holds_paid: bool) -> bool:
    """Whether a notice is about a paid order or ticket. holds_paid: whether the reader's tickets of the event are."""
    if notice.kind in {NoticeKind.ORDER_PAID, *OF_TICKETS, *OF_REFUNDS}:
        payload = json.loads(notice.payload)
        return counts_as_paid(payload["method"], payload["total_minor"], payload["currency"])
    return notice.kind == NoticeKind.EVENT_CHANGED and holds_paid


def course(notice: Notice, *, paid: bool) -> Course:
    """Decides about a notice's mail. Unpaid tickets are withheld, and so is news of their seats; until the proof the
    session that took them shows them. Of a free order no mail is sent, nor of its return. Of a gift, or an order paid
    at a counter, the order's mail is sent at once and the tickets' mail after the proof."""
    if paid:
        return Course.SENT
    if notice.kind in OF_TICKETS:
        return Course.WITHHELD
    of_order = notice.kind in {NoticeKind.ORDER_PAID, *OF_REFUNDS}
    free = of_order and json.loads(notice.payload).get("method") == FREE
    return Course.LEFT_OUT if free else Course.SENT


def waits_for_proof(notice: Notice, *, paid: bool) -> bool:
    """Whether a mail over a limit is withheld until the proof, not dropped: tickets, their seats, receipts of paid
    orders, and news of their refunds are."""
    return notice.kind in OF_TICKETS or (paid and notice.kind in {NoticeKind.ORDER_PAID, *OF_REFUNDS})


def guarded(private: Private, event: Event, *, paid: bool) -> tuple[Private, Event]:
    """The private values and the event without the texts that mail to an unproven address leaves out. event: empty if
    the mail is not about one."""
    if not event:
        return replace(private, name="", plain=True), event
    title = {"title": unlinked(event.get("title", ""))}
    if paid:
        return replace(private, name=""), {**event, **title}
    return replace(private, name="", plain=True), {**event, **title, "place": "", "organizer": ""}


def unlinked(text: str) -> str:
    """A text changed so that mail programs make no link of it. It looks the same."""
    return LINK_MAKERS.sub(rf"\1{WORD_JOINER}", text)
