"""Notices to people, and announcements to all holders of an event's tickets: their kinds, their ids and their order."""

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum

from services.kit.values import SECOND_US, shard_of


class NoticeKind(StrEnum):
    """The contract's NotificationKind, as the database spells it."""

    ACCESS_CODE = "ACCESS_CODE"
    ORDER_PAID = "ORDER_PAID"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    ORDER_FAILED = "ORDER_FAILED"
    TICKETS = "TICKETS"
    EVENT_CHANGED = "EVENT_CHANGED"
    WAITING_OFFERED = "WAITING_OFFERED"
    WAITING_OFFER_LAPSED = "WAITING_OFFER_LAPSED"
    MEMBER_INVITED = "MEMBER_INVITED"
    ADDRESS_CLAIMED = "ADDRESS_CLAIMED"
    SEATS_MOVED = "SEATS_MOVED"
    ORDER_REFUNDED = "ORDER_REFUNDED"
    REFUND_OWED = "REFUND_OWED"


class NoticeState(StrEnum):
    """Whether a notice has its text."""

    PENDING = "PENDING"
    WRITTEN = "WRITTEN"


# Lower ranks are sent first. A person waits at a screen for an access code; news of a changed event or of other seats
# goes to a whole hall, so other notices go before it.
RANKS = {NoticeKind.ACCESS_CODE: 0, NoticeKind.EVENT_CHANGED: 2, NoticeKind.SEATS_MOVED: 2}
RANK = 1
URGENT, PATIENT = (0, 0), (1, 2)

# How long a text or a delivery waits for its next try, by the number of tries that have failed.
WAITS_S = (1, 5, 30, 120, 600, 3_600)

ID_DIGITS = 26
ORGANIZER = "org_"

# The place of a notice in its reader's list: when it was written, and its id.
SortKey = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message to a person.

    buyer_id: the reader; empty for access codes, which only the reader of their address may see.
    dedup_key: the id of the order, announcement or code that it is about, the same for all readers; with a version if
    there are several about one thing.
    payload: the JSON that its texts are made from, without personal data.
    at_us: when it became due.
    written_us: when its text was written; None before.
    tries: how often its text could not be written.
    """

    notification_id: str
    buyer_id: str
    kind: NoticeKind
    dedup_key: str
    event_id: str = ""
    order_id: str = ""
    payload: str
    at_us: int
    subject: str = ""
    text: str = ""
    state: NoticeState = NoticeState.PENDING
    written_us: int | None = None
    tries: int = 0

    @property
    def rank(self) -> int:
        """Its place in the order of sending: lower ranks are sent first."""
        return RANKS.get(self.kind, RANK)

    @property
    def shard(self) -> int:
        """The shard of its work: that of its event, or else of its reader. An access code has neither."""
        return shard_of(self.event_id or self.buyer_id or self.dedup_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One message to each holder of an event's tickets, about all changes of the event within some minutes.

    announcement_id: the id of its first change.
    due_us: when the holders are told.
    closed: whether their notices are being made. Until then, further changes of the event join it.
    after_buyer_id: the last holder whose notice was made.
    """

    announcement_id: str
    event_id: str
    due_us: int
    closed: bool = False
    after_buyer_id: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The tickets of one order. serials: their numbers within the order, without the revoked ones. paid: whether a
    payment provider took money for them. since_us: when they were issued."""

    order_id: str
    event_id: str
    buyer_id: str
    serials: tuple[int, ...]
    paid: bool
    since_us: int


def has_reader(subject_id: str) -> bool:
    """Whether a subject is a person who reads notices. Tickets that a counter sells to a customer without a name belong
    to the organizer, who gets no notice."""
    return not subject_id.startswith(ORGANIZER)


def derive_id(kind: NoticeKind, dedup_key: str, buyer_id: str) -> str:
    """Derives a notification's id from its kind, dedup_key and recipient: a repeat has the same id."""
    named = "".join(f"{len(part)}:{part}" for part in (kind, dedup_key, buyer_id))
    digest = hashlib.sha256(b"eventhub notification " + named.encode()).digest()
    return "ntf_" + base64.b32encode(digest)[:ID_DIGITS].decode().lower()


def new_notice(
    kind: NoticeKind,
    *,
    dedup_key: str,
    buyer_id: str,
    payload: str,
    at_us: int,
    event_id: str = "",
    order_id: str = "",
) -> Notice:
    """Makes a notice whose text is not written yet."""
    return Notice(
        notification_id=derive_id(kind, dedup_key, buyer_id),
        buyer_id=buyer_id,
        kind=kind,
        dedup_key=dedup_key,
        event_id=event_id,
        order_id=order_id,
        payload=payload,
        at_us=at_us,
    )


def access_code(code_id: str, *, at_us: int) -> Notice:
    """Makes the notice of an access code. No text of it is stored, so it counts as written and is delivered at once."""
    payload = json.dumps({"code_id": code_id})
    notice = new_notice(NoticeKind.ACCESS_CODE, dedup_key=code_id, buyer_id="", payload=payload, at_us=at_us)
    return replace(notice, state=NoticeState.WRITTEN, written_us=at_us)


def changed(announcement: Announcement, buyer_id: str, payload: str, *, at_us: int) -> Notice:
    """Makes one holder's notice of an announcement. payload: the changes that the holder is told of."""
    return new_notice(
        NoticeKind.EVENT_CHANGED,
        dedup_key=announcement.announcement_id,
        buyer_id=buyer_id,
        payload=payload,
        at_us=at_us,
        event_id=announcement.event_id,
    )


def next_try_us(tries: int, *, now_us: int) -> int:
    """When work that failed now is tried again. tries: how often it had failed before."""
    return now_us + WAITS_S[min(tries, len(WAITS_S) - 1)] * SECOND_US
