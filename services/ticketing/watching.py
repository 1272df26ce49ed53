"""Reads an event's admissions for a watch."""

from dataclasses import dataclass

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketUsed
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from services.kit.db import Tx
from services.kit.feeds import feed
from services.ticketing import store
from services.ticketing.tickets import Admissions

NO_TICKETS = Admissions("", 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchUpdate:
    """An event's admissions at one moment.

    used: the tickets used since the last update, each with its revision. revision: the position of the next read.
    changed: facts were found since the last update; more may follow them. ahead: the counts include changes that come
    after the revision, and that a later update would repeat.
    """

    counts: Admissions
    used: tuple[tuple[Ticket, Revision], ...] = ()
    revision: Revision
    changed: bool
    ahead: bool = False


async def read_update(tx: Tx, event_id: str, after: int | None) -> WatchUpdate:
    """Reads an event's counts, and the tickets used after a position. after: None for the counts alone."""
    counts = await store.find_admissions(tx, event_id) or NO_TICKETS
    head = await feed.head(tx)
    if after is None:
        ahead = bool(await feed.without_position(tx, event_id))
        return WatchUpdate(counts=counts, revision=head, changed=True, ahead=ahead)
    batch = await feed.facts_after(tx, after, event_id)
    if not batch.facts:
        return WatchUpdate(counts=counts, revision=head, changed=False)
    used = tuple(
        (TicketUsed.FromString(fact.payload).ticket, Revision(epoch=batch.epoch, position=fact.position))
        for fact in batch.facts
        if fact.type == TicketUsed.DESCRIPTOR.full_name
    )
    last = Revision(epoch=batch.epoch, position=batch.facts[-1].position)
    return WatchUpdate(counts=counts, used=used, revision=last, changed=True)
