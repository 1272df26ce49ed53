"""Notices: what a person is to be told, under which id, and when its mail is tried again."""

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

# Who waits before a screen comes first; what goes to a whole hall comes last.
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

# Where a notice stands in its reader's list: when it was written, and its id.
SortKey = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told. buyer_id: empty for access codes, which only their address may see. occasion: what
    happened, the same for everybody who is told of it. cause: JSON of what the text is made from, without personal
    data. state: whether its text is written. mail: whether it has been sent. at_us: when it became due. written_us:
    when it was written, None until then. mail_us: not mailed before. counted: whether the bounds of mail to unproven
    addresses have counted it."""

    notification_id: str
    buyer_id: str
    kind: str
    occasion: str
    event_id: str
    order_id: str
    cause: str
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
        """What is sent first: lower ranks."""
        return RANKS.get(self.kind, RANK)


@dataclass(frozen=True, slots=True)
class Announcement:
    """What all holders of an event's tickets are told. version: the event's. mail_us: when it is mailed, the same for
    all that share a mail: a round. after_buyer_id: the last one whose notice was made."""

    announcement_id: str
    event_id: str
    cause: str
    at_us: int
    version: int
    mail_us: int
    after_buyer_id: str = ""
    done: bool = False


def has_reader(subject_id: str) -> bool:
    """Whether a person reads what a subject is told. Sold at a counter to a customer without a name, tickets are the
    organizer's."""
    return not subject_id.startswith(ORGANIZER)


def derive_id(kind: str, occasion: str, buyer_id: str) -> str:
    """The notification's id of an occasion and a recipient, the same every time."""
    named = "".join(f"{len(part)}:{part}" for part in (kind, occasion, buyer_id))
    digest = hashlib.sha256(b"eventhub notification " + named.encode()).digest()
    return "ntf_" + base64.b32encode(digest)[:ID_DIGITS].decode().lower()


def new_notice(
    kind: str,
    *,
    occasion: str,
    buyer_id: str,
    cause: str,
    at_us: int,
    event_id: str = "",
    order_id: str = "",
    mail_us: int = 0,
) -> Notice:
    """A notice still to be written."""
    notification_id = derive_id(kind, occasion, buyer_id)
    return Notice(notification_id, buyer_id, kind, occasion, event_id, order_id, cause, at_us, mail_us=mail_us)


def rescheduled(announcement: Announcement, buyer_id: str, *, at_us: int) -> Notice:
    """What one holder is told of an announcement."""
    return new_notice(
        EVENT_RESCHEDULED,
        occasion=announcement.announcement_id,
        buyer_id=buyer_id,
        cause=announcement.cause,
        at_us=at_us,
        event_id=announcement.event_id,
        mail_us=announcement.mail_us,
    )


def gathered(notice: Notice, first_cause: str) -> Notice | None:
    """The last notice of a round with what was before the first; None where all is as it was. first_cause: of the
    first notice of the round that its recipient has."""
    cause = json.loads(notice.cause)
    old, now = json.loads(first_cause)["old"], cause["event"]
    if all(old[part] == now[part] for part in old):
        return None
    return replace(notice, cause=json.dumps({**cause, "old": old}))


def next_try_us(notice: Notice, *, now_us: int) -> int | None:
    """When a notice that failed now is tried again; None: its mail is given up. What its reader's streams have not told
    yet is never given up."""
    at_us = now_us + WAITS_S[min(notice.tries, len(WAITS_S) - 1)] * SECOND_US
    untold = notice.state == PENDING and notice.kind != ACCESS_CODE
    return at_us if untold or at_us < notice.at_us + KEEP_TRYING_US else None
