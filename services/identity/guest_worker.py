"""Deletes guests without an order: anyone may begin any number of sessions, and most are never used.

orders knows the buyers. It is asked about hundreds of guests at once, so that an order needs no extra call.
"""

from services.identity import guest_store
from services.identity.hourly import hourly
from services.identity.neighbours import Buyers
from services.identity.signin.signins import REFRESH_LIFE_US
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import Clock

# Younger guests are nearly all still signed in, so a search among them finds little.
KEPT_US = REFRESH_LIFE_US
AT_ONCE = 200


class GuestSweeper:
    """Deletes guests without an order every hour."""

    def __init__(self, database: Database, clock: Clock, buyers: Buyers) -> None:
        """buyers: asks orders which guests have an order."""
        self._database = database
        self._clock = clock
        self._buyers = buyers
        self._log = log.get("identity")

    async def run(self) -> None:
        """Sweeps every hour, without end."""
        await hourly(self.sweep, self._clock, name="sweeping guests")

    async def sweep(self) -> None:
        """Deletes guests who are not signed in, have proven nothing and have no order, in short transactions."""
        now_us, after, deleted = self._clock.now_us(), guest_store.BEGINNING, 0
        while True:
            idle = await self._database.read_long(
                guest_store.idle_guests, after, until_us=now_us - KEPT_US, now_us=now_us, limit=AT_ONCE
            )
            if not idle:
                break
            after = idle[-1]
            deleted += await self._delete_unbought([guest_id for _, guest_id in idle], now_us)
        if deleted:
            self._log.info("guests forgotten", guests=deleted)

    async def _delete_unbought(self, guest_ids: list[str], now_us: int) -> int:
        """Deletes the guests who have no order and returns their number."""
        bought = await self._buyers.among(guest_ids)
        if bought:
            await self._database.write(guest_store.mark_bought, sorted(bought))
        others = [guest_id for guest_id in guest_ids if guest_id not in bought]
        return await self._database.write(guest_store.delete_idle, others, now_us=now_us) if others else 0
