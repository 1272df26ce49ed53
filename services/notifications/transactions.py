"""notifications' writes about notices and announcements. Each function runs in one transaction."""

from dataclasses import replace

from eventhub.notifications.v1.notifications_events_pb2 import NotificationWritten, ReaderMerged
from services.kit.db import Tx
from services.kit.feeds import merges
from services.notifications import announcement_store, deliveries, delivery_store, delivery_transactions, notices, store
from services.notifications.notices import Announcement, Notice, NoticeKind, NoticeState

HOLDERS_AT_ONCE = 500


async def note(tx: Tx, notice: Notice) -> None:
    """Writes a new notice to its reader, or to the person that the reader was merged into. A repeat changes nothing."""
    if notice.buyer_id:
        notice = replace(notice, buyer_id=await merges.person_behind(tx, notice.buyer_id))
    if await store.claim(tx, notice) and notice.state is NoticeState.WRITTEN:
        await deliver(tx, notice, now_us=notice.at_us)


async def deliver(tx: Tx, notice: Notice, *, now_us: int) -> None:
    """Makes the deliveries of a notice that has its text since now."""
    for delivery in deliveries.deliveries_of(notice):
        at_us = delivery.at_us
        if notice.kind is NoticeKind.ORDER_PAID:
            tickets = await delivery_store.tickets_state(tx, notice.dedup_key, delivery.channel)
            at_us = deliveries.confirmation_due_us(tickets, now_us=now_us)
        await delivery_store.add(tx, replace(delivery, at_us=at_us))


async def note_holder(tx: Tx, event_id: str, buyer_id: str, *, paid: bool = False, since_us: int, now_us: int) -> None:
    """Notes a holder of an event's tickets, with notices of the event's announcements since the tickets were issued.
    These may have missed the holder: ticketing's feed may be read later than catalog's, and an announcement goes
    through the holders once. paid: whether the tickets are paid. since_us: when they were issued."""
    person_id = await merges.person_behind(tx, buyer_id)
    await store.serialize_on(tx, event_id)
    await announcement_store.add_holder(tx, event_id, person_id, paid=paid)
    for announcement in await announcement_store.announcements_since(tx, event_id, since_us):
        if not await announcement_store.readers_of(tx, announcement.announcement_id, person_id, person_id):
            await store.claim(tx, notices.rescheduled(announcement, person_id, at_us=now_us))


async def merge(tx: Tx, guest_id: str, into_id: str, *, now_us: int) -> None:
    """Gives a guest session's notices and tickets to a person. A fact tells the session's open streams, and withheld
    deliveries become due, because a merge proves the person's address."""
    person_id = await merges.record(tx, guest_id, into_id)
    if person_id != guest_id:
        await store.move_to_person(tx, guest_id, person_id)
        fact = ReaderMerged(subject_id=guest_id, person_id=person_id)
        await tx.announce(fact, aggregate_id=guest_id, at_us=now_us)
    await delivery_transactions.prove(tx, person_id, now_us=now_us)


async def announce_page(tx: Tx, announcement_id: str, *, now_us: int) -> bool:
    """Makes an announcement's notices for its next holders. Returns whether there may be more holders."""
    await store.serialize_on(tx, await announcement_store.event_of(tx, announcement_id))
    announcement = await announcement_store.lock_announcement(tx, announcement_id)
    if announcement.done:
        return False
    page = await announcement_store.holders_after(
        tx, announcement.event_id, announcement.after_buyer_id, HOLDERS_AT_ONCE
    )
    more = len(page) == HOLDERS_AT_ONCE
    if page:
        told = await announcement_store.readers_of(tx, announcement_id, page[0], page[-1])
        for buyer_id in page:
            if buyer_id not in told:
                await store.claim(tx, notices.rescheduled(announcement, buyer_id, at_us=now_us))
    last = page[-1] if page else announcement.after_buyer_id
    await announcement_store.move_announcement(tx, announcement_id, after_buyer_id=last, done=not more)
    return more


async def note_announcement(tx: Tx, announcement: Announcement) -> None:
    """Writes a new announcement. If a round of the event is open, the announcement joins it and shares its deliveries.
    A repeat changes nothing."""
    await store.serialize_on(tx, announcement.event_id)
    deliver_us = await announcement_store.open_round(tx, announcement.event_id, announcement.at_us)
    if deliver_us is not None:
        announcement = replace(announcement, deliver_us=deliver_us)
    await announcement_store.claim_announcement(tx, announcement)


async def gather(tx: Tx, notice: Notice) -> Notice | None:
    """Makes one notice to deliver of a round's changes: from the time before the reader's first notice to the time of
    the last change. None if this notice is not delivered, for one of three reasons: a later notice of the round is; the
    reader has the same notice from a merged session, and that one is; or the event is back at its first time. Closes
    the round, because its deliveries may leave now: a later change has deliveries of its own."""
    deliver_us, closed = await announcement_store.round_of(tx, notice.dedup_key)
    if not closed:
        await store.serialize_on(tx, notice.event_id)
        await announcement_store.close_round(tx, notice.event_id, deliver_us)
    if await announcement_store.last_of_round(tx, notice.event_id, deliver_us) != notice.dedup_key:
        return None
    if await announcement_store.first_notice(tx, notice.dedup_key, notice.buyer_id) != notice.notification_id:
        return None
    first = await announcement_store.first_payload(tx, notice.event_id, deliver_us, notice.buyer_id)
    return notices.gathered(notice, first)


async def write_down(tx: Tx, notice: Notice, *, subject: str, text: str, now_us: int) -> None:
    """Gives a notice its text, tells its reader's streams, and makes its deliveries. A repeat changes nothing."""
    buyer_id = await store.write_down(tx, notice.notification_id, subject=subject, text=text, now_us=now_us)
    if buyer_id:
        await deliver(tx, notice, now_us=now_us)
        fact = NotificationWritten(notification_id=notice.notification_id, buyer_id=buyer_id)
        await tx.announce(fact, aggregate_id=notice.notification_id, topic=buyer_id, at_us=now_us)
