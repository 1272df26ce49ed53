"""The cashier carries one order through its saga, step by step, until it is settled or has to wait."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import grpc

from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.payments.v1 import payments_service_pb2 as payments
from eventhub.payments.v1.payments_pb2 import Payment, PaymentState
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshStub
from eventhub.pricing.v1 import pricing_service_pb2 as pricing
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from eventhub.refusal import Refusal
from eventhub.refusals import (
    DeadlinePassed,
    Draining,
    HoldInUse,
    Internal,
    Overloaded,
    Unavailable,
)
from services.kit.db import Database
from services.kit.observe import Gauge
from services.kit.values import SECOND_US, Clock, from_timestamp
from services.orders import saga, store, transactions
from services.orders.purchases import BOX_OFFICE, PAYMENT_PENDING, PENDING, Purchase
from services.orders.saga import Progress, Step

UNFINISHED = (PENDING, PAYMENT_PENDING)
# Refusals that say nothing about the order: the step is done again later.
PASSING = (DeadlinePassed, Draining, Internal, Overloaded, Unavailable)


class Cashier:
    """Does the steps of the saga at the other contexts and notes the outcome."""

    def __init__(self, database: Database, clock: Clock, channel: grpc.aio.Channel) -> None:
        """database: orders' own. channel: to the other contexts, as orders."""
        self._database = database
        self._clock = clock
        self._inventory = InventoryMeshStub(channel)
        self._pricing = PricingMeshStub(channel)
        self._payments = PaymentsMeshStub(channel)
        self._steps: dict[Step, Callable[[Purchase, Progress], Awaitable[Progress]]] = {
            Step.LOCK: self._lock,
            Step.RESERVE: self._reserve,
            Step.AUTHORIZE: self._authorize,
            Step.CONFIRM: self._confirm,
            Step.CAPTURE: self._capture,
            Step.VOID: self._void,
            Step.UNLOCK: self._unlock,
            Step.RELEASE: self._release,
        }

    async def due(self, limit: int) -> list[str]:
        """Orders to be looked at."""
        return await self._database.read(store.due, self._clock.now_us(), limit)

    async def gauges(self) -> list[Gauge]:
        """The orders that are not finished, by state."""
        found = {state: (count, since_us) for state, count, since_us in await self._database.read(store.unfinished)}
        now_us, readings = self._clock.now_us(), []
        for state in UNFINISHED:
            count, since_us = found.get(state, (0, now_us))
            labels, age_s = {"state": state}, (now_us - since_us) / SECOND_US
            readings.append(Gauge("orders_unfinished", "Orders that are not settled yet.", count, labels))
            readings.append(Gauge("orders_oldest_seconds", "Age of the oldest unsettled order.", age_s, labels))
        return readings

    async def carry(self, order_id: str) -> None:
        """Takes an order as far as it goes now. Can be done again at any time."""
        order = await self._database.read(transactions.existing, order_id)
        progress = Progress()
        while True:
            now_us = self._clock.now_us()
            step = saga.next_step(order, progress, now_us=now_us)
            if step is Step.DONE:
                return
            if step is Step.WAIT:
                await self._database.write(transactions.mark_pending, order_id, now_us=now_us)
                return
            if step in self._steps:
                try:
                    progress = await self._steps[step](order, progress)
                except PASSING:
                    await self._database.write(transactions.retry_later, order_id, now_us=now_us)
                    return
                continue
            order, progress = await self._note(step, order, progress)

    async def _note(self, step: Step, order: Purchase, progress: Progress) -> tuple[Purchase, Progress]:
        now_us = self._clock.now_us()
        if step is Step.PAY:
            return await self._database.write(transactions.mark_paid, order.order_id, now_us=now_us), progress
        if step is Step.FAIL:
            until_us = progress.held_until_us
            failed = await self._database.write(
                transactions.mark_failed, order.order_id, held_until_us=until_us, now_us=now_us
            )
            return failed, progress
        assert step is Step.GIVE_UP, step
        reason = saga.reason_to_give_up(progress)
        order = await self._database.write(transactions.give_up, order.order_id, reason)
        return order, replace(progress, waiting=False)

    async def _lock(self, order: Purchase, progress: Progress) -> Progress:
        request = inventory.LockHoldRequest(hold_id=order.hold_id, buyer_id=order.session_id, order_id=order.order_id)
        return await self._try(self._inventory.LockHold(request), progress, replace(progress, locked=True))

    async def _reserve(self, order: Purchase, progress: Progress) -> Progress:
        request = pricing.ReserveRedemptionRequest(
            order_id=order.order_id,
            coupon_id=order.coupon_id,
            buyer_id=order.buyer_id,
            tickets=order.tickets_discounted,
            discount=Money(minor=order.discount_minor, currency=order.currency),
        )
        return await self._try(self._pricing.ReserveRedemption(request), progress, replace(progress, reserved=True))

    async def _authorize(self, order: Purchase, progress: Progress) -> Progress:
        request = payments.AuthorizeRequest(
            order_id=order.order_id,
            amount=Money(minor=order.total_minor, currency=order.currency),
            organizer_id=order.organizer_id,
            event_id=order.event_id,
        )
        if order.method == BOX_OFFICE:
            request.box_office = True
        else:
            request.card_token = order.card_token
        try:
            payment = (await self._payments.Authorize(request)).payment
        except PASSING:
            raise
        except Refusal as refused:
            return replace(progress, refused=refused.reason)
        return self._paid(payment, progress, open_states=(saga.UNKNOWN,))

    async def _confirm(self, order: Purchase, progress: Progress) -> Progress:
        request = inventory.ConfirmHoldRequest(hold_id=order.hold_id, order_id=order.order_id)
        return await self._try(self._inventory.ConfirmHold(request), progress, replace(progress, sold=True))

    async def _capture(self, order: Purchase, progress: Progress) -> Progress:
        payment = (await self._payments.Capture(payments.CaptureRequest(order_id=order.order_id))).payment
        return self._paid(payment, progress, open_states=(saga.AUTHORIZED, saga.UNKNOWN))

    async def _void(self, order: Purchase, progress: Progress) -> Progress:
        payment = (await self._payments.Void(payments.VoidRequest(order_id=order.order_id))).payment
        return self._paid(payment, progress, open_states=(saga.AUTHORIZED, saga.UNKNOWN))

    async def _unlock(self, order: Purchase, progress: Progress) -> Progress:
        unlock = inventory.UnlockHoldRequest(hold_id=order.hold_id, order_id=order.order_id)
        try:
            hold = (await self._inventory.UnlockHold(unlock)).hold
        except HoldInUse:
            give_back = inventory.ReturnSoldRequest(hold_id=order.hold_id, order_id=order.order_id)
            hold = (await self._inventory.ReturnSold(give_back)).hold
        until_us = from_timestamp(hold.expires_at) if hold.state == HOLD_STATE_HELD else None
        return replace(progress, unlocked=True, held_until_us=until_us)

    async def _release(self, order: Purchase, progress: Progress) -> Progress:
        await self._pricing.ReleaseRedemption(pricing.ReleaseRedemptionRequest(order_id=order.order_id))
        return replace(progress, released=True)

    @staticmethod
    def _paid(payment: Payment, progress: Progress, *, open_states: tuple[str, ...]) -> Progress:
        state = PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")
        return replace(progress, payment=state, waiting=state in open_states)

    @staticmethod
    async def _try(call: Awaitable[object], progress: Progress, done: Progress) -> Progress:
        """What is known after a call that the neighbour may refuse for good."""
        try:
            await call
        except PASSING:
            raise
        except Refusal as refused:
            return replace(progress, refused=refused.reason)
        return done
