"""Mail to an address that nobody has proven: anybody may have typed it. So it says nothing that a guest has typed and,
unless a payment provider took money, nothing that an organizer has but the event's title; and it is bounded."""

import json
import re
from dataclasses import dataclass, replace
from enum import Enum, auto

from services.notifications import notices
from services.notifications.letters import Event, Private
from services.notifications.notices import Notice

CARD, FREE = "CARD", "FREE"
# A dot or a colon between letters makes mail programs take a text for a link; not if this follows, which takes no room.
WORD_JOINER = "\N{WORD JOINER}"
LINK_MAKERS = re.compile(r"(?<=\w)([.:@])(?=[\w/])")


class Course(Enum):
    """What becomes of a mail to an unproven address."""

    SENT = auto()
    WITHHELD = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many mails may go to unproven addresses in a day. mailbox: to one mailbox. organizer: about one organizer's
    events. pair: to one mailbox about one organizer's events."""

    mailbox: int
    organizer: int
    pair: int


# Where money was taken it bounds by itself how often somebody does it: nobody's sale is cut short.
UNPAID = Bounds(mailbox=10, organizer=200, pair=5)
PAID = Bounds(mailbox=60, organizer=2**31, pair=60)


@dataclass(frozen=True, slots=True)
class Count:
    """How many mails have been counted today, this one with them."""

    mailbox: int
    organizer: int
    pair: int


def is_over(count: Count, bounds: Bounds) -> bool:
    """Whether a mail is one too many."""
    return count.mailbox > bounds.mailbox or count.organizer > bounds.organizer or count.pair > bounds.pair


def is_paid(notice: Notice, *, holds_paid: bool) -> bool:
    """Whether a payment provider took money for what a notice is about. holds_paid: it did for the reader's tickets."""
    cause = json.loads(notice.cause)
    if notice.kind == notices.ORDER_PAID:
        return bool(cause.get("method") == CARD and cause["total_minor"])
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
