"""notifications' writes about mail to addresses that are not proven: each is one transaction."""

from dataclasses import dataclass
from enum import Enum, auto

from services.kit.db import Tx
from services.kit.values import SECOND_US
from services.notifications import mail_store, store, unproven
from services.notifications.notices import Notice

DAY_US = 24 * 3_600 * SECOND_US


class Admission(Enum):
    """Whether a mail may leave now. GONE: nothing is to be sent any more. OVER: there has been enough of it today."""

    GRANTED = auto()
    GONE = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Stranger:
    """An address that is not proven. mailbox: by what its mail is counted. paid: whether what the mail is about is."""

    mailbox: str
    organizer_id: str
    paid: bool


async def admit(tx: Tx, notice: Notice, stranger: Stranger | None, *, now_us: int) -> Admission:
    """Lets a mail leave. One to a stranger is counted, once however often it is tried."""
    counted = await mail_store.is_counted(tx, notice.notification_id)
    if counted is None:
        return Admission.GONE
    if stranger is None or counted:
        return Admission.GRANTED
    if not await has_room(tx, stranger, now_us // DAY_US):
        return Admission.OVER
    await mail_store.note_counted(tx, notice.notification_id)
    return Admission.GRANTED


async def has_room(tx: Tx, stranger: Stranger, day: int) -> bool:
    """Counts one more mail to a stranger, unless that is one too many."""
    limits_of = unproven.paid_limits if stranger.paid else unproven.unpaid_limits
    limits = limits_of(stranger.mailbox, stranger.organizer_id)
    counts = await mail_store.count(tx, day, limits)
    if stranger.paid and 1 in counts.values():
        of_organizers = unproven.organizers_limit(stranger.mailbox)
        counts |= await mail_store.count(tx, day, of_organizers)
        limits |= of_organizers
    if all(counts[key] <= limits[key] for key in limits):
        return True
    await mail_store.take_back(tx, day, limits)
    return False


async def withhold(tx: Tx, notice: Notice, *, now_us: int) -> bool:
    """Keeps a mail until its reader's address is proven. False where it has been meanwhile: the mail is due again."""
    person_id = await store.person_behind(tx, notice.buyer_id)
    if await mail_store.is_proven(tx, person_id):
        await mail_store.try_anew(tx, notice.notification_id, now_us)
        return False
    await mail_store.withhold(tx, notice.notification_id)
    return True


async def prove(tx: Tx, subject_id: str, *, now_us: int) -> None:
    """A person's address is proven: what was withheld from it goes out."""
    person_id = await store.person_behind(tx, subject_id)
    await mail_store.note_proven(tx, person_id)
    await mail_store.release(tx, person_id, now_us)
