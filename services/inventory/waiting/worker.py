"""Work that waiting lists need by themselves: offers, their ends, and the ends of lists.

Nothing is lost while this work waits: until the places are offered, the public cannot hold them.
"""

from eventhub.refusal import Refusal
from services.inventory.waiting import offer_transactions
from services.inventory.waiting import store as waiting_store
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import Clock, Ids

LOOK_EVERY_S = 0.25
EVENTS_AT_ONCE = 100
# An event with many free places lets the others have their turn after so many offers.
OFFERS_AT_ONCE = 50


class Offerer:
    """A loop that runs as long as the process."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, *, lasts_us: int) -> None:
        """database: inventory's own. lasts_us: how long an offer lasts."""
        self._database = database
        self._clock = clock
        self._ids = ids
        self._lasts_us = lasts_us
        self._log = log.get(database.name)

    async def run(self) -> None:
        """Looks for offers to make and to close, for ever. What fails now is tried in the next round."""
        while True:
            try:
                await self._settle_all()
                await self._offer_all()
            except Refusal as refused:
                self._log.info("offering later", reason=refused.reason)
            await self._clock.sleep(LOOK_EVERY_S)

    async def _settle_all(self) -> None:
        while await self._database.write(offer_transactions.settle, now_us=self._clock.now_us()):
            pass

    async def _offer_all(self) -> None:
        last = ""
        while True:
            due = await self._database.read(waiting_store.due_events, last, EVENTS_AT_ONCE, now_us=self._clock.now_us())
            for event_id in due:
                await self._offer(event_id)
            if len(due) < EVENTS_AT_ONCE:
                return
            last = due[-1]

    async def _offer(self, event_id: str) -> None:
        """Makes the offers of one event. If one fails, for example because its seats were blocked meanwhile, the next
        round makes it."""
        try:
            for _ in range(OFFERS_AT_ONCE):
                offered = await self._database.write_long(
                    offer_transactions.offer_next,
                    event_id,
                    self._ids.new("hld"),
                    lasts_us=self._lasts_us,
                    now_us=self._clock.now_us(),
                )
                if not offered:
                    return
        except Refusal as refused:
            self._log.info("offering later", event_id=event_id, reason=refused.reason)
