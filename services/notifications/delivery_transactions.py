"""notifications' writes about deliveries: whether they may leave, and their ends. Each function runs in one
transaction."""

from dataclasses import dataclass
from enum import Enum, auto

from services.kit.db import Tx
from services.kit.feeds import merges
from services.kit.values import SECOND_US
from services.notifications import delivery_store, unproven
from services.notifications.deliveries import TICKETS_WAIT_US, Delivery, DeliveryState
from services.notifications.notices import NoticeKind

DAY_US = 24 * 3_600 * SECOND_US


class Admission(Enum):
    """Whether a delivery may leave now. GONE: it does not wait any more. TOLD: it confirms an order, and so did the
    delivery of the order's tickets. OVER: today's limit is reached."""

    GRANTED = auto()
    GONE = auto()
    TOLD = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class Stranger:
    """An address that is not proven. mailbox: the key by which its mail is counted. paid: whether the order or ticket
    that the notice is about is paid."""

    mailbox: str
    organizer_id: str
    paid: bool


async def admit(tx: Tx, delivery: Delivery, stranger: Stranger | None, *, now_us: int) -> Admission:
    """Decides whether a delivery may leave. One to a stranger is counted at its first try only."""
    counted = await delivery_store.is_counted(tx, delivery)
    if counted is None:
        return Admission.GONE
    if await is_told(tx, delivery):
        return Admission.TOLD
    if stranger is None or counted:
        return Admission.GRANTED
    if not await has_room(tx, stranger, now_us // DAY_US):
        return Admission.OVER
    await delivery_store.note_counted(tx, delivery)
    return Admission.GRANTED


async def is_told(tx: Tx, delivery: Delivery) -> bool:
    """Whether a delivery confirms an order whose tickets have been sent, and the confirmation with them."""
    if delivery.notice.kind is not NoticeKind.ORDER_PAID:
        return False
    tickets = await delivery_store.tickets_state(tx, delivery.notice.dedup_key, delivery.channel)
    return tickets is DeliveryState.SENT


async def settle(tx: Tx, delivery: Delivery, state: DeliveryState, *, now_us: int) -> int:
    """Notes the end of a delivery. Tickets that were sent end the delivery of their order's confirmation, because they
    confirm the order; if they are dropped, the confirmation waits for them no longer. Returns how many deliveries of
    confirmations were dropped. state: SENT or DROPPED."""
    await delivery_store.settle(tx, delivery, state)
    if delivery.notice.kind is not NoticeKind.TICKETS:
        return 0
    if state is DeliveryState.SENT:
        return await delivery_store.drop_confirmation(tx, delivery)
    await delivery_store.hurry_confirmation(tx, delivery, now_us)
    return 0


async def has_room(tx: Tx, stranger: Stranger, day: int) -> bool:
    """Counts one more mail to a stranger. Returns False, and counts nothing, if that exceeds a limit of the day."""
    limits_of = unproven.paid_limits if stranger.paid else unproven.unpaid_limits
    limits = limits_of(stranger.mailbox, stranger.organizer_id)
    counts = await delivery_store.count(tx, day, limits)
    if stranger.paid and 1 in counts.values():
        of_organizers = unproven.organizers_limit(stranger.mailbox)
        counts |= await delivery_store.count(tx, day, of_organizers)
        limits |= of_organizers
    if all(counts[key] <= limits[key] for key in limits):
        return True
    await delivery_store.take_back(tx, day, limits)
    return False


async def withhold(tx: Tx, delivery: Delivery, *, now_us: int) -> bool:
    """Withholds a delivery until its reader's address is proven. The confirmation of withheld tickets waits for them no
    longer. Returns False if the address has been proven meanwhile: the delivery is then due again."""
    person_id = await merges.person_behind(tx, delivery.notice.buyer_id)
    if await delivery_store.is_proven(tx, person_id):
        await delivery_store.make_due(tx, delivery, now_us)
        return False
    await delivery_store.withhold(tx, delivery)
    if delivery.notice.kind is NoticeKind.TICKETS:
        await delivery_store.hurry_confirmation(tx, delivery, now_us)
    return True


async def prove(tx: Tx, subject_id: str, *, now_us: int) -> None:
    """Notes that a person's address is proven, and makes the person's withheld deliveries due. Confirmations wait for
    the tickets of their orders again."""
    person_id = await merges.person_behind(tx, subject_id)
    await delivery_store.note_proven(tx, person_id)
    await delivery_store.release(tx, person_id, now_us=now_us, confirmations_us=now_us + TICKETS_WAIT_US)
