"""What inventory does by itself: lapsed holds are freed, and numbered seats are counted.

Selling never depends on either: a hold in the way lapses when somebody wants its seats. A total over all seats is no
row that every buyer would have to wait for; it is counted once a second for events whose seats have changed.
"""

from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from services.inventory import store, transactions
from services.inventory.convert import stock_pb
from services.kit.clock import Clock
from services.kit.db import Database, Tx

SWEEP_EVERY_S = 1.0
COUNT_EVERY_S = 1.0
QUIET_S = 60.0
# No event is called that: nobody's stream hears of counts, only the feed does.
COUNTS = "#counts"


class Sweeper:
    """Tidies for ever."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: inventory's own."""
        self._database = database
        self._clock = clock

    async def lapse(self) -> None:
        """Frees holds whose time is over, in small transactions."""
        while True:
            while await self._database.write(transactions.lapse_due, now_us=self._clock.now_us()):
                pass
            await self._clock.sleep(SWEEP_EVERY_S)

    async def count(self) -> None:
        """Tells how many seats are held and sold, for events where that has changed since the last count that was
        told."""
        with self._database.listen("") as ear:
            # From the last count told on, by this process or an earlier one: counting too often does no harm.
            after = await self._database.read(store.last_position, COUNTS)
            while True:
                after = await self._tell_counts(after)
                await ear.wait(QUIET_S)
                await self._clock.sleep(COUNT_EVERY_S)

    async def _tell_counts(self, after: int) -> int:
        changed, position = await self._database.read(store.changed_events, COUNTS, after)
        for event_id, organizer_id in changed:
            await self._database.write(tell_count, event_id, organizer_id, now_us=self._clock.now_us())
        return position


async def tell_count(tx: Tx, event_id: str, organizer_id: str, *, now_us: int) -> None:
    """Announces how many seats of an event are held and sold."""
    seats = await store.count_seats(tx, event_id)
    if seats is not None:
        fact = StockChanged(event_id=event_id, stocks=[stock_pb(seats)])
        await tx.announce(fact, about=event_id, organizer_id=organizer_id, topic=COUNTS, at_us=now_us)
