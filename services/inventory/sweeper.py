"""What inventory does by itself: lapsed holds are freed, places kept for half price are opened to all in time, and
numbered seats are counted.

Selling never depends on either: a hold in the way lapses when somebody wants its seats. A total over all seats is no
row that every buyer would have to wait for; it is counted once a second for events whose seats have changed.
"""

from collections.abc import Awaitable

from eventhub.inventory.v1.inventory_events_pb2 import StockChanged
from eventhub.refusals import Overloaded, Unavailable
from services.inventory import reserve_store, reserve_transactions, store, transactions
from services.inventory.convert import stock_pb
from services.kit.db import Database, Tx
from services.kit.observe import log
from services.kit.values import Clock

SWEEP_EVERY_S = 1.0
COUNT_EVERY_S = 1.0
QUIET_S = 60.0
RELEASED_AT_ONCE = 100
# No event is called that: nobody's stream hears of counts, only the feed does.
COUNTS = "#counts"


class Sweeper:
    """Tidies for ever."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """database: inventory's own."""
        self._database = database
        self._clock = clock
        self._log = log.get(database.name)

    async def lapse(self) -> None:
        """Frees holds whose time is over, in small transactions."""
        while True:
            await self._whatever_happens(self._lapse_all())
            await self._clock.sleep(SWEEP_EVERY_S)

    async def _lapse_all(self) -> None:
        while await self._database.write(transactions.lapse_due, now_us=self._clock.now_us()):
            pass

    async def release(self) -> None:
        """Opens what is unsold of the places kept for half price, each event's in one transaction, when it is time."""
        while True:
            await self._whatever_happens(self._release_all())
            await self._clock.sleep(SWEEP_EVERY_S)

    async def _release_all(self) -> None:
        now_us = self._clock.now_us()
        for event_id in await self._database.read(reserve_store.due_reserves, now_us=now_us, limit=RELEASED_AT_ONCE):
            await self._database.write(reserve_transactions.release_reserve, event_id, now_us=now_us)

    async def count(self) -> None:
        """Tells how many seats are held and sold, for events about which there is news since the last count that was
        told, by this process or an earlier one."""
        with self._database.listen("") as ear:
            while True:
                await self._whatever_happens(self._tell_counts())
                await ear.wait(QUIET_S)
                await self._clock.sleep(COUNT_EVERY_S)

    async def _tell_counts(self) -> None:
        await self._database.write(tell_counts, now_us=self._clock.now_us())

    async def _whatever_happens(self, work: Awaitable[None]) -> None:
        """Does some work; where the database is away or too busy for it, it is done the next time."""
        try:
            await work
        except (Overloaded, Unavailable) as refused:
            self._log.info("tidying later", reason=refused.reason)


async def tell_counts(tx: Tx, *, now_us: int) -> None:
    """Announces how many seats are held and sold, of all events with news since the last count, and notes up to where
    it has counted."""
    after = await store.counted_up_to(tx)
    changed, position = await store.changed_events(tx, COUNTS, after)
    for event_id, organizer_id in changed:
        seats = await store.count_seats(tx, event_id)
        if seats is not None:
            fact = StockChanged(event_id=event_id, stocks=[stock_pb(seats)])
            await tx.announce(fact, aggregate_id=event_id, organizer_id=organizer_id, topic=COUNTS, at_us=now_us)
    if position > after:
        await store.save_counted(tx, position)
