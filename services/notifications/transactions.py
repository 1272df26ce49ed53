"""notifications' writes about notices and announcements. Each function runs in one transaction."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace

from eventhub.notifications.v1.notifications_events_pb2 import NotificationWritten, ReaderMerged
from services.kit.db import Tx
from services.kit.feeds import merges
from services.notifications import (
    announcement_store,
    changes,
    convert,
    deliveries,
    delivery_store,
    delivery_transactions,
    holder_store,
    notices,
    store,
)
from services.notifications.changes import Change
from services.notifications.notices import Announcement, Holding, Notice, NoticeKind, NoticeState

HOLDERS_AT_ONCE = 500
# The most changes that an announcement keeps apart. Further ones are added to the last of them, so that an organizer
# who changes an event without end does not make the announcement slow.
CHANGES_MAX = 20


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


async def note_holder(tx: Tx, holding: Holding, *, now_us: int) -> None:
    """Notes a holder of an event's tickets, with notices of the event's changes since the tickets were issued. The
    announcements of these may have missed the holder: ticketing's feed may be read later than catalog's, and an
    announcement goes through the holders once."""
    person_id = await merges.person_behind(tx, holding.buyer_id)
    await store.serialize_on(tx, holding.event_id)
    await holder_store.add(tx, replace(holding, buyer_id=person_id))
    for announcement in await announcement_store.announcements_since(tx, holding.event_id, holding.since_us):
        await announce_to(tx, announcement, [(person_id, holding.since_us)], now_us=now_us)


async def revoke(tx: Tx, event_id: str, order_id: str, serials: Collection[int]) -> None:
    """Notes that some tickets of an order are revoked. Who holds no other ticket of the event is told of its changes no
    more, and a mail that has not left yet does without these tickets. serials: their numbers within the order."""
    await store.serialize_on(tx, event_id)
    await holder_store.take_away(tx, order_id, serials)
    for notice in await store.of_order(tx, order_id):
        if notice.kind is NoticeKind.TICKETS:
            payload = convert.without_tickets(notice.payload, serials)
            await store.save_payload(tx, notice.notification_id, payload)


async def merge(tx: Tx, guest_id: str, into_id: str, *, now_us: int) -> None:
    """Gives a guest session's notices and tickets to a person. A fact tells the session's open streams, and withheld
    deliveries become due, because a merge proves the person's address."""
    person_id = await merges.record(tx, guest_id, into_id)
    if person_id != guest_id:
        for event_id in await holder_store.events_of(tx, guest_id):
            await store.serialize_on(tx, event_id)
        await store.move_to_person(tx, guest_id, person_id)
        await holder_store.move_to_person(tx, guest_id, person_id)
        fact = ReaderMerged(subject_id=guest_id, person_id=person_id)
        await tx.announce(fact, aggregate_id=guest_id, at_us=now_us)
    await delivery_transactions.prove(tx, person_id, now_us=now_us)


async def announce_page(tx: Tx, announcement_id: str, *, now_us: int) -> bool:
    """Makes an announcement's notices for its next holders. Returns whether there may be more holders. From then on, a
    further change of the event begins another announcement."""
    await store.serialize_on(tx, await announcement_store.event_of(tx, announcement_id))
    announcement = await announcement_store.lock_announcement(tx, announcement_id)
    if announcement.done:
        return False
    if not announcement.closed:
        await announcement_store.close(tx, announcement_id)
    page = await holder_store.holders_after(tx, announcement.event_id, announcement.after_buyer_id, HOLDERS_AT_ONCE)
    more = len(page) == HOLDERS_AT_ONCE
    if page:
        await announce_to(tx, announcement, page, now_us=now_us)
    last = page[-1][0] if page else announcement.after_buyer_id
    await announcement_store.move_announcement(tx, announcement_id, after_buyer_id=last, done=not more)
    return more


async def announce_to(tx: Tx, announcement: Announcement, holders: Sequence[tuple[str, int]], *, now_us: int) -> None:
    """Makes an announcement's notices for some holders, each with the changes since the holder has tickets. One who has
    a notice of it gets no other, nor one for whom all changes were undone. holders: ids, ascending, and since when."""
    told = await announcement_store.readers_of(tx, announcement.announcement_id, holders[0][0], holders[-1][0])
    of_event = await announcement_store.changes_of(tx, announcement.announcement_id)
    # Most holders are told the same.
    payloads: dict[int, str | None] = {}
    for buyer_id, since_us in holders:
        first = bisect_left(of_event, since_us, key=lambda change: change.at_us)
        if first not in payloads:
            payloads[first] = changes.told(of_event[first:])
        payload = payloads[first]
        if payload is not None and buyer_id not in told:
            await store.claim(tx, notices.changed(announcement, buyer_id, payload, at_us=now_us))


async def note_change(tx: Tx, change: Change, *, due_us: int) -> None:
    """Notes a change of an event, and that its ticket holders are told of it. It joins the event's open announcement if
    there is one. A repeat changes nothing. due_us: when the holders are to be told at the latest."""
    await store.serialize_on(tx, change.event_id)
    if await announcement_store.has_change(tx, change.change_id):
        return
    announcement = await announcement_store.open_announcement(tx, change.event_id)
    if announcement is None:
        announcement = Announcement(announcement_id=change.change_id, event_id=change.event_id, due_us=due_us)
        await announcement_store.add_announcement(tx, announcement)
    elif due_us < announcement.due_us:
        await announcement_store.make_due_at(tx, announcement.announcement_id, due_us)
    earlier = await announcement_store.changes_of(tx, announcement.announcement_id)
    if len(earlier) < CHANGES_MAX:
        await announcement_store.add_change(tx, change, announcement.announcement_id)
    else:
        await announcement_store.replace_change(tx, changes.merged(earlier[-1], change))


async def write_down(tx: Tx, notice: Notice, *, subject: str, text: str, now_us: int) -> None:
    """Gives a notice its text, tells its reader's streams, and makes its deliveries. A repeat changes nothing."""
    buyer_id = await store.write_down(tx, notice.notification_id, subject=subject, text=text, now_us=now_us)
    if buyer_id:
        await deliver(tx, notice, now_us=now_us)
        fact = NotificationWritten(notification_id=notice.notification_id, buyer_id=buyer_id)
        await tx.announce(fact, aggregate_id=notice.notification_id, topic=buyer_id, at_us=now_us)
