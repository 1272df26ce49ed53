"""Executes the checkout saga: takes one order through its steps until it is terminal or has to wait."""

from collections.abc import Sequence
from dataclasses import replace

import grpc

from eventhub.refusal import TransientRefusal
from services.kit.db import Database
from services.kit.observe import Gauge
from services.kit.values import SECOND_US, Clock
from services.kit.work import DueKey
from services.orders import saga, store, transactions
from services.orders.neighbours import SagaSteps
from services.orders.orders import AWAITING_PROVIDER, Order
from services.orders.saga import Progress, Step


class Cashier:
    """Takes the steps of the saga and stores their outcome."""

    def __init__(self, database: Database, clock: Clock, channel: grpc.aio.Channel) -> None:
        """database: orders' own. channel: to the other contexts, as orders."""
        self._database = database
        self._clock = clock
        self._steps = SagaSteps(channel)

    async def due(self, limit: int, shards: Sequence[int]) -> list[DueKey]:
        """Ids of orders of some shards whose saga is due, longest due first."""
        return await self._database.read(store.due, shards, now_us=self._clock.now_us(), limit=limit)

    async def gauges(self) -> list[Gauge]:
        """How many orders are unfinished and how old the oldest is, by state."""
        found = {state: (count, since_us) for state, count, since_us in await self._database.read(store.unfinished)}
        now_us, gauges = self._clock.now_us(), []
        for state in sorted(AWAITING_PROVIDER):
            count, since_us = found.get(state, (0, now_us))
            labels, age_s = {"state": state.value}, (now_us - since_us) / SECOND_US
            gauges.append(
                Gauge(
                    name="orders_unfinished",
                    help="Orders that are neither paid nor failed.",
                    value=count,
                    labels=labels,
                )
            )
            gauges.append(
                Gauge(
                    name="orders_oldest_seconds", help="Age of the oldest unfinished order.", value=age_s, labels=labels
                )
            )
        return gauges

    async def advance(self, order_id: str, known: Order | None = None) -> Order:
        """Takes an order as far as possible now, and returns it as it is then. Repeatable: after a crash it starts
        over.

        known: the order as the caller has just written it.
        """
        order = known if known is not None else await self._database.read(transactions.existing, order_id)
        progress = Progress()
        while True:
            now_us = self._clock.now_us()
            step = saga.next_step(order, progress, now_us=now_us)
            if step is Step.DONE:
                return order
            if step is Step.WAIT:
                return await self._database.write(transactions.mark_pending, order_id, now_us=now_us)
            if step in self._steps:
                try:
                    progress = await self._steps.take(step, order, progress)
                except TransientRefusal:
                    return await self._database.write(transactions.retry_later, order_id, now_us=now_us)
                continue
            order, progress = await self._store(step, order, progress)

    async def _store(self, step: Step, order: Order, progress: Progress) -> tuple[Order, Progress]:
        now_us = self._clock.now_us()
        if step is Step.PAY:
            return await self._database.write(transactions.mark_paid, order.order_id, now_us=now_us), progress
        if step is Step.FAIL:
            until_us = progress.held_until_us
            failed = await self._database.write(
                transactions.mark_failed, order.order_id, held_until_us=until_us, now_us=now_us
            )
            return failed, progress
        if step is Step.RESEAT:
            assert progress.moved is not None, "the lock has told the places"
            order = await self._database.write(transactions.reseat, order.order_id, progress.moved, now_us=now_us)
            return order, progress
        assert step is Step.GIVE_UP, step
        reason = saga.reason_to_give_up(order, progress)
        order = await self._database.write(transactions.give_up, order.order_id, reason)
        return order, replace(progress, waiting=False)
