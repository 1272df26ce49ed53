"""inventory's writes about the totals over all numbered seats of an event."""

from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from services.inventory import count_store, store
from services.inventory.convert import stock_pb
from services.kit.db import Tx

# The topic of facts that only tell seat counts. No event has this id, so no watch of an event wakes for them.
COUNTS = "#counts"


async def announce_counts(tx: Tx, *, now_us: int) -> None:
    """Announces the seat counts of all events that changed since the last call, and notes how far it has counted."""
    after = await store.counted_up_to(tx)
    changed, position = await store.changed_events(tx, COUNTS, after)
    for event_id, organizer_id in changed:
        seats = await count_store.count_seats(tx, event_id)
        if seats is not None:
            fact = StockChanged(event_id=event_id, stocks=[stock_pb(seats)])
            await tx.announce(fact, aggregate_id=event_id, organizer_id=organizer_id, topic=COUNTS, at_us=now_us)
    if position > after:
        await store.save_counted(tx, position)
