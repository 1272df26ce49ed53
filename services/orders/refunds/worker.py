"""Executes the refund saga: takes one refund through its steps until it is over or has to wait."""

from collections.abc import Sequence

from eventhub.refusal import TransientRefusal
from services.kit.db import Database
from services.kit.observe import Gauge
from services.kit.values import SECOND_US, Clock
from services.kit.work import DueKey
from services.orders.orders import Order
from services.orders.refunds import refund_saga, store, transactions
from services.orders.refunds.neighbours import RefundSteps
from services.orders.refunds.refund import RefundState
from services.orders.refunds.refund_saga import Progress, Step


class RefundWorker:
    """Takes the steps of refunds and stores their outcome."""

    def __init__(self, database: Database, clock: Clock, steps: RefundSteps) -> None:
        """database: orders' own. steps: asks the other contexts."""
        self._database = database
        self._clock = clock
        self._steps = steps

    async def due(self, limit: int, shards: Sequence[int]) -> list[DueKey]:
        """Ids of refunds of some shards whose saga is due, longest due first."""
        return await self._database.read(store.due, shards, now_us=self._clock.now_us(), limit=limit)

    async def gauges(self) -> list[Gauge]:
        """How many refunds are under way, how old the oldest is, and how many are owed."""
        count, oldest_us, owed = await self._database.read(store.unfinished)
        now_us = self._clock.now_us()
        age_s = (now_us - (oldest_us or now_us)) / SECOND_US
        return [
            Gauge(name="refunds_unfinished", help="Refunds that are under way.", value=count, labels={}),
            Gauge(name="refunds_oldest_seconds", help="Age of the oldest of them.", value=age_s, labels={}),
            Gauge(name="refunds_owed", help="Refunds to be paid by hand.", value=owed, labels={}),
        ]

    async def advance(self, refund_id: str) -> Order:
        """Takes a refund as far as possible now, and returns its order as it is then. Repeatable: after a crash it
        starts over."""
        refund, order = await self._database.read(transactions.known, refund_id)
        progress = Progress()
        while True:
            step = refund_saga.next_step(refund, order, progress)
            if step is Step.DONE:
                return order
            if step in self._steps:
                try:
                    progress = await self._steps.take(step, refund, order, progress)
                except TransientRefusal:
                    return await self._later(refund_id, order)
                except Exception:
                    # A mistake, for the log. Without a wait, the runner would repeat it at each look.
                    await self._later(refund_id, order)
                    raise
            elif step is Step.WAIT:
                return await self._later(refund_id, order)
            else:
                return await self._end(refund_id, step, progress)

    async def _later(self, refund_id: str, order: Order) -> Order:
        await self._database.write(transactions.retry_later, refund_id, now_us=self._clock.now_us())
        return order

    async def _end(self, refund_id: str, step: Step, progress: Progress) -> Order:
        state = RefundState.OWED if progress.owed else RefundState.DONE
        if step is Step.FAIL:
            state = RefundState.FAILED
        now_us = self._clock.now_us()
        return await self._database.write(transactions.end, refund_id, state, failure=progress.refused, now_us=now_us)
