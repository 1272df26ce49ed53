"""Calls to the other contexts: the questions of a checkout, and the steps of the saga."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc

from eventhub.common.v1.money_pb2 import Money
from eventhub.identity.v1.identity_service_pb2 import (
    FindCustomersRequest,
    GetParticipantRequest,
    KeepCustomerRequest,
)
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.inventory.v1 import inventory_service_pb2 as inventory
from eventhub.inventory.v1.inventory_pb2 import HOLD_STATE_HELD, Hold
from eventhub.inventory.v1.inventory_service_pb2_grpc import InventoryMeshStub
from eventhub.orders.v1.orders_service_pb2 import CheckoutRequest, SellAtBoxOfficeRequest
from eventhub.payments.v1 import payments_service_pb2 as payments
from eventhub.payments.v1.payments_pb2 import Payment
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshStub
from eventhub.pricing.v1 import pricing_service_pb2 as pricing
from eventhub.pricing.v1.pricing_pb2 import Quote
from eventhub.pricing.v1.pricing_service_pb2_grpc import PricingMeshStub
from eventhub.refusal import Refusal, TransientRefusal
from eventhub.refusals import ContactUnverified, HoldInUse, SubjectNotFound
from services.kit.rpc import Call, Caller
from services.kit.values import from_timestamp
from services.orders import convert
from services.orders.counter import OpenTill
from services.orders.orders import Order, PaymentMethod
from services.orders.saga import TILL_NOT_OPEN, PaymentState, Progress, Step

if TYPE_CHECKING:
    from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshAsyncStub


class CheckoutQuestions:
    """Asks for the things an order is made of: the hold, its price, and the customer at the counter."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts, as orders."""
        self._inventory = InventoryMeshStub(channel)
        self._pricing = PricingMeshStub(channel)
        self._identity = IdentityMeshStub(channel)
        self._payments = PaymentsMeshStub(channel)

    async def open_till(self, clerk: Caller, event_id: str) -> OpenTill:
        """The open till of a clerk who wants to sell an event. Raises TillNotOpen, TillOtherEvent."""
        asked = payments.FindOpenTillRequest(
            organizer_id=clerk.organizer_id, clerk_id=clerk.subject_id, event_id=event_id
        )
        till = (await self._payments.FindOpenTill(asked)).till
        return OpenTill(till.till_id, till.opening_float.currency)

    async def hold_at_counter(self, request: SellAtBoxOfficeRequest, hold_id: str, clerk: Caller) -> Hold:
        """Holds the places of a sale for a clerk; a repeat gets the hold as it is now. Raises the refusals that
        InventoryMesh.HoldAtCounter names."""
        asked = inventory.HoldAtCounterRequest(
            hold_id=hold_id,
            event_id=request.event_id,
            organizer_id=clerk.organizer_id,
            member_id=clerk.subject_id,
            items=[
                inventory.HoldItem(ticket_type_id=item.ticket_type_id, seat_ids=item.seat_ids, quantity=item.quantity)
                for item in request.items
            ],
            take_blocked=request.take_blocked,
        )
        return (await self._inventory.HoldAtCounter(asked)).hold

    async def give_back(self, hold_id: str, order_id: str) -> None:
        """Frees the places of a hold that was taken for one sale, if no order has them."""
        await self._inventory.UnlockHold(inventory.UnlockHoldRequest(hold_id=hold_id, order_id=order_id, release=True))

    async def hold(self, hold_id: str, buyer_id: str) -> Hold:
        """A buyer's hold. Raises HoldNotFound, HoldExpired."""
        request = inventory.DescribeHoldRequest(hold_id=hold_id, buyer_id=buyer_id)
        return (await self._inventory.DescribeHold(request)).hold

    async def check_person(self, hold: Hold, order: Order) -> None:
        """Checks that the person of an order may have the tickets of its hold. Only for events that limit them. Raises
        ContactUnverified, PersonLimit, HoldNotFound, HoldExpired."""
        keys = await participant_keys(self._identity, order.buyer_id)
        if not keys:
            raise ContactUnverified
        await self._inventory.DescribeHold(
            inventory.DescribeHoldRequest(hold_id=hold.hold_id, buyer_id=order.session_id, participant_keys=keys)
        )

    async def quote(self, request: CheckoutRequest, hold: Hold, call: Call, *, participant_id: str) -> Quote:
        """The price of a hold with the coupon of a checkout. participant_id: the subject whose uses of the coupon are
        counted; empty if nothing is known of them. Raises as PricingMesh.QuoteOrder."""
        quantities = Counter((place.ticket_type_id, place.lot_id, place.lot_version) for place in hold.places)
        asked = pricing.QuoteOrderRequest(
            event_id=hold.event_id,
            buyer_id=call.caller.subject_id,
            items=[
                pricing.OrderItem(ticket_type_id=type_id, quantity=n, lot_id=lot_id, lot_version=version)
                for (type_id, lot_id, version), n in quantities.items()
            ],
            coupon_code=request.coupon_code,
            participant_id=participant_id,
            counted_by=call.counted_by,
            held_at=hold.held_at,
        )
        return (await self._pricing.QuoteOrder(asked)).quote

    async def keep_customer(self, request: CheckoutRequest) -> str:
        """Has identity store the customer at the counter. Returns the customer's subject."""
        named = request.customer
        kept = KeepCustomerRequest(
            order_id=request.order_id, name=named.name, email=named.email, phone=named.phone, locale=named.locale
        )
        return (await self._identity.KeepCustomer(kept)).subject_id

    async def customers(self, text: str, subject_ids: Sequence[str]) -> frozenset[str]:
        """The subjects that a clerk looks for: those with an e-mail, or those of the given ones with a name."""
        asked = FindCustomersRequest(text=text, subject_ids=subject_ids)
        return frozenset((await self._identity.FindCustomers(asked)).subject_ids)


class SagaSteps:
    """Takes the saga's steps at inventory, pricing and payments."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        """channel: to the other contexts, as orders."""
        self._inventory = InventoryMeshStub(channel)
        self._pricing = PricingMeshStub(channel)
        self._payments = PaymentsMeshStub(channel)
        self._identity = IdentityMeshStub(channel)
        self._steps: dict[Step, Callable[[Order, Progress], Awaitable[Progress]]] = {
            Step.LOCK: self._lock,
            Step.RESERVE: self._reserve,
            Step.AUTHORIZE: self._authorize,
            Step.CONFIRM: self._confirm,
            Step.CAPTURE: self._capture,
            Step.VOID: self._void,
            Step.UNLOCK: self._unlock,
            Step.RELEASE: self._release,
        }

    def __contains__(self, step: Step) -> bool:
        return step in self._steps

    async def take(self, step: Step, order: Order, progress: Progress) -> Progress:
        """Takes a step and returns the progress after it. Raises TransientRefusal."""
        return await self._steps[step](order, progress)

    async def _lock(self, order: Order, progress: Progress) -> Progress:
        request = inventory.LockHoldRequest(
            hold_id=order.hold_id, buyer_id=order.session_id, order_id=order.order_id, unnamed=order.unnamed
        )
        after = await self._locked(request, order, progress)
        if after.refused != ContactUnverified.reason:
            return after
        # The event limits the tickets of a person, so inventory has to know the order's.
        request.participant_keys.extend(await participant_keys(self._identity, order.buyer_id))
        return await self._locked(request, order, progress)

    async def _locked(self, request: inventory.LockHoldRequest, order: Order, progress: Progress) -> Progress:
        try:
            hold = (await self._inventory.LockHold(request)).hold
        except TransientRefusal:
            raise
        except Refusal as refused:
            return replace(progress, refused=refused.reason)
        moved = convert.moved_places(hold) if hold.places_revision > order.places_revision else None
        return replace(progress, locked=True, moved=moved)

    async def _reserve(self, order: Order, progress: Progress) -> Progress:
        request = pricing.ReserveRedemptionRequest(
            order_id=order.order_id,
            coupon_id=order.coupon_id,
            buyer_id=order.buyer_id,
            tickets=order.tickets_discounted,
            discount=Money(minor=order.discount_minor, currency=order.currency),
        )
        return await refusable(self._pricing.ReserveRedemption(request), progress, replace(progress, reserved=True))

    async def _authorize(self, order: Order, progress: Progress) -> Progress:
        if order.method == PaymentMethod.BOX_OFFICE and not order.till_id:
            return replace(progress, refused=TILL_NOT_OPEN)  # it was made before there were tills
        request = payments.AuthorizeRequest(
            order_id=order.order_id,
            amount=Money(minor=order.total_minor, currency=order.currency),
            organizer_id=order.organizer_id,
            event_id=order.event_id,
        )
        if order.method == PaymentMethod.BOX_OFFICE:
            request.counter.till_id = order.till_id
            request.counter.method = convert.counter_method(order)
        else:
            request.card_token = order.card_token
        try:
            payment = (await self._payments.Authorize(request)).payment
        except TransientRefusal:
            raise
        except Refusal as refused:
            return replace(progress, refused=refused.reason)
        return after_payment(payment, progress, waits_in=(PaymentState.UNKNOWN,))

    async def _confirm(self, order: Order, progress: Progress) -> Progress:
        request = inventory.ConfirmHoldRequest(hold_id=order.hold_id, order_id=order.order_id)
        return await refusable(self._inventory.ConfirmHold(request), progress, replace(progress, sold=True))

    async def _capture(self, order: Order, progress: Progress) -> Progress:
        payment = (await self._payments.Capture(payments.CaptureRequest(order_id=order.order_id))).payment
        return after_payment(payment, progress, waits_in=(PaymentState.AUTHORIZED, PaymentState.UNKNOWN))

    async def _void(self, order: Order, progress: Progress) -> Progress:
        payment = (await self._payments.Void(payments.VoidRequest(order_id=order.order_id))).payment
        return after_payment(payment, progress, waits_in=(PaymentState.AUTHORIZED, PaymentState.UNKNOWN))

    async def _unlock(self, order: Order, progress: Progress) -> Progress:
        unlock = inventory.UnlockHoldRequest(hold_id=order.hold_id, order_id=order.order_id, release=order.one_sale)
        try:
            hold = (await self._inventory.UnlockHold(unlock)).hold
        except HoldInUse:
            back = inventory.ReturnSoldRequest(hold_id=order.hold_id, order_id=order.order_id, release=order.one_sale)
            hold = (await self._inventory.ReturnSold(back)).hold
        until_us = from_timestamp(hold.expires_at) if hold.state == HOLD_STATE_HELD else None
        return replace(progress, unlocked=True, held_until_us=until_us)

    async def _release(self, order: Order, progress: Progress) -> Progress:
        await self._pricing.ReleaseRedemption(pricing.ReleaseRedemptionRequest(order_id=order.order_id))
        return replace(progress, released=True)


async def participant_keys(identity: "IdentityMeshAsyncStub", subject_id: str) -> tuple[str, ...]:
    """The keys by which a person is counted; none if the person has proven nothing. Raises TransientRefusal."""
    try:
        answer = await identity.GetParticipant(GetParticipantRequest(subject_id=subject_id))
    except SubjectNotFound:
        return ()
    return tuple(answer.participant_keys)


def after_payment(payment: Payment, progress: Progress, *, waits_in: tuple[PaymentState, ...]) -> Progress:
    """The progress after payments has answered. waits_in: the states in which the provider has not answered yet."""
    state = convert.payment_state(payment)
    return replace(progress, payment=state, waiting=state in waits_in)


async def refusable(call: Awaitable[object], progress: Progress, done: Progress) -> Progress:
    """The progress after a call that a neighbour may refuse for good. done: the progress if it does not. Raises
    TransientRefusal."""
    try:
        await call
    except TransientRefusal:
        raise
    except Refusal as refused:
        return replace(progress, refused=refused.reason)
    return done
