"""Deletes guests without an order: anyone may begin any number of sessions, and most are never used.

orders knows the buyers and is asked here, about hundreds of guests at once. This way, an order needs no extra call.
"""

from typing import TYPE_CHECKING

from eventhub.orders.v1.orders_service_pb2 import FindBuyersRequest
from eventhub.refusal import TransientRefusal
from services.identity import guest_store
from services.identity.door.signins import REFRESH_LIFE_US
from services.kit.db import Database
from services.kit.observe import log
from services.kit.values import Clock

if TYPE_CHECKING:
    from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshAsyncStub

EVERY_S = 3_600.0
# Younger guests are nearly all still signed in, so a search among them finds little.
KEPT_US = REFRESH_LIFE_US
AT_ONCE = 200


class GuestSweeper:
    """Deletes guests without an order every hour."""

    def __init__(self, database: Database, clock: Clock, orders: "OrdersMeshAsyncStub") -> None:
        """orders: knows which guests have an order."""
        self._database = database
        self._clock = clock
        self._orders = orders
        self._log = log.get("identity")

    async def run(self) -> None:
        """Sweeps every hour, without end."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.sweep()
            except TransientRefusal as refused:
                self._log.info("sweeping guests put off", reason=refused.reason)

    async def sweep(self) -> None:
        """Deletes guests who are not signed in, have proven nothing and have no order, in short transactions."""
        now_us, after, forgotten = self._clock.now_us(), guest_store.BEGINNING, 0
        while True:
            idle = await self._database.read_long(
                guest_store.idle, after, until_us=now_us - KEPT_US, now_us=now_us, limit=AT_ONCE
            )
            if not idle:
                break
            after = idle[-1]
            forgotten += await self._sort_out([guest_id for _, guest_id in idle], now_us)
        if forgotten:
            self._log.info("guests forgotten", guests=forgotten)

    async def _sort_out(self, guest_ids: list[str], now_us: int) -> int:
        """Deletes the guests who have no order and answers their number."""
        bought = set((await self._orders.FindBuyers(FindBuyersRequest(subject_ids=guest_ids))).subject_ids)
        if bought:
            await self._database.write(guest_store.note_bought, sorted(bought))
        others = [guest_id for guest_id in guest_ids if guest_id not in bought]
        return await self._database.write(guest_store.forget, others, now_us=now_us) if others else 0
