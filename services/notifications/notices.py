"""Notices to people and announcements to an event's holders: their ids, their order, and when mail is tried again."""

import base64
import hashlib
import json
from dataclasses import dataclass, replace

ACCESS_CODE = "ACCESS_CODE"
ORDER_PAID = "ORDER_PAID"
PAYMENT_PENDING = "PAYMENT_PENDING"
ORDER_FAILED = "ORDER_FAILED"
TICKETS = "TICKETS"
EVENT_RESCHEDULED = "EVENT_RESCHEDULED"
MEMBER_INVITED = "MEMBER_INVITED"
ADDRESS_CLAIMED = "ADDRESS_CLAIMED"

# Lower ranks are sent first. A person waits at a screen for an access code; a rescheduled event's mail goes to a whole
# hall, so other mail goes before it.
RANKS = {ACCESS_CODE: 0, EVENT_RESCHEDULED: 2}
RANK = 1
URGENT, PATIENT = (0, 0), (1, 2)

PENDING, WRITTEN = "PENDING", "WRITTEN"
SENT, DROPPED, WITHHELD = "SENT", "DROPPED", "WITHHELD"

SECOND_US = 1_000_000
WAITS_S = (1, 5, 30, 120, 600, 3_600)
KEEP_TRYING_US = 24 * 3_600 * SECOND_US

ID_DIGITS = 26
ORGANIZER = "org_"

# The place of a notice in its reader's list: when it was written, and its id.
SortKey = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to a person.

    buyer_id: empty for access codes, which only the reader of their address may see.
    dedup_key: the id of the order, change or code that it is about, the same for all readers.
    payload: the JSON that its texts are made from, without personal data.
    state: PENDING or WRITTEN.
    mail: PENDING, SENT, DROPPED or WITHHELD.
    at_us: when it became due.
    written_us: when it was written; None before.
    mail_us: it is not mailed before this time.
    counted: whether the limits of mail to unproven addresses have counted it.
    """

    notification_id: str
    buyer_id: str
    kind: str
    dedup_key: str
    event_id: str
    order_id: str
    payload: str
    at_us: int
    subject: str = ""
    text: str = ""
    state: str = PENDING
    mail: str = PENDING
    written_us: int | None = None
    tries: int = 0
    mail_us: int = 0
    counted: int = 0

    @property
    def rank(self) -> int:
        """Its place in the order of sending: lower ranks are sent first."""
        return RANKS.get(self.kind, RANK)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message to all holders of an event's tickets. version: the event's. mail_us: when it is mailed. Announcements
    of an event with the same mail_us are a round: they share one mail. after_buyer_id: the last holder whose notice
    was made."""

    announcement_id: str
    event_id: str
    payload: str
    at_us: int
    version: int
    mail_us: int
    after_buyer_id: str = ""
    done: bool = False


def has_reader(subject_id: str) -> bool:
    """Whether a subject is a person who reads notices. Tickets that a counter sells to a customer without a name belong
    to the organizer, who is not told."""
    return not subject_id.startswith(ORGANIZER)


def derive_id(kind: str, dedup_key: str, buyer_id: str) -> str:
    """Derives a notification's id from its kind, dedup_key and recipient: a repeat has the same id."""
    named = "".join(f"{len(part)}:{part}" for part in (kind, dedup_key, buyer_id))
    digest = hashlib.sha256(b"eventhub notification " + named.encode()).digest()
    return "ntf_" + base64.b32encode(digest)[:ID_DIGITS].decode().lower()


def new_notice(
    kind: str,
    *,
    dedup_key: str,
    buyer_id: str,
    payload: str,
    at_us: int,
    event_id: str = "",
    order_id: str = "",
    mail_us: int = 0,
) -> Notice:
    """Makes a notice whose text is not written yet."""
    notification_id = derive_id(kind, dedup_key, buyer_id)
    return Notice(notification_id, buyer_id, kind, dedup_key, event_id, order_id, payload, at_us, mail_us=mail_us)


def rescheduled(announcement: Announcement, buyer_id: str, *, at_us: int) -> Notice:
    """Makes one holder's notice of an announcement."""
    return new_notice(
        EVENT_RESCHEDULED,
        dedup_key=announcement.announcement_id,
        buyer_id=buyer_id,
        payload=announcement.payload,
        at_us=at_us,
        event_id=announcement.event_id,
        mail_us=announcement.mail_us,
    )


def gathered(notice: Notice, first_payload: str) -> Notice | None:
    """Makes one notice of a round's changes: the old time from before the first change, the new time from the last.
    None if both are the same. first_payload: the payload of the recipient's first notice of the round."""
    payload = json.loads(notice.payload)
    old, now = json.loads(first_payload)["old"], payload["event"]
    if all(old[part] == now[part] for part in old):
        return None
    return replace(notice, payload=json.dumps({**payload, "old": old}))


def next_try_us(notice: Notice, *, now_us: int) -> int | None:
    """When a notice that failed now is tried again; None if its mail is given up. A notice whose text is not written is
    never given up, because its reader's streams have not delivered it; access codes, which have no text, are."""
    at_us = now_us + WAITS_S[min(notice.tries, len(WAITS_S) - 1)] * SECOND_US
    untold = notice.state == PENDING and notice.kind != ACCESS_CODE
    return at_us if untold or at_us < notice.at_us + KEEP_TRYING_US else None
