"""Scripted neighbours of orders: small and stateful. They repeat and refuse as their contracts promise."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from google.protobuf.message import Message

from eventhub.common.v1.money_pb2 import Money
from eventhub.inventory.v1 import inventory_pb2 as stock
from eventhub.inventory.v1 import inventory_service_pb2 as inventory_pb
from eventhub.payments.v1 import payments_pb2 as money
from eventhub.payments.v1 import payments_service_pb2 as payments_pb
from eventhub.payments.v1.payments_events_pb2 import PaymentSettled
from eventhub.pricing.v1 import pricing_service_pb2 as pricing_pb
from eventhub.pricing.v1.pricing_pb2 import Quote, QuoteLine
from eventhub.refusal import Refusal
from eventhub.refusals import (
    CouponExhausted,
    CouponLimitReached,
    CouponUnknown,
    HoldExpired,
    HoldInUse,
    HoldNotFound,
    OrderState,
    PaymentNotFound,
    PaymentState,
)
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.orders.fakes import FakeFeed, Neighbour

EVENT, ORGANIZER = "evt_show", "org_casa"
STALLS, FLOOR, GIFT = "tkt_stalls", "tkt_floor", "tkt_gift"
PRICES = {STALLS: 5000, FLOOR: 2005, GIFT: 0}
COUPON = "TEN"
HELD, LOCKED, SOLD = stock.HOLD_STATE_HELD, stock.HOLD_STATE_LOCKED, stock.HOLD_STATE_SOLD
LAPSED, RELEASED = stock.HOLD_STATE_LAPSED, stock.HOLD_STATE_RELEASED
HELD_UNTIL_US = START_US + 600_000_000
UNKNOWN, AUTHORIZED = money.PAYMENT_STATE_UNKNOWN, money.PAYMENT_STATE_AUTHORIZED
CAPTURED, DECLINED = money.PAYMENT_STATE_CAPTURED, money.PAYMENT_STATE_DECLINED
VOIDED = money.PAYMENT_STATE_VOIDED


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


@dataclass(slots=True)
class StoredHold:
    """A hold. given_up_by: the orders that cannot lock it again."""

    buyer_id: str
    places: list[stock.HeldPlace]
    state: stock.HoldState.ValueType = HELD
    order_id: str = ""
    given_up_by: set[str] = field(default_factory=set)

    def give_up(self, order_id: str) -> None:
        """Gives the hold back to its owner, if the order has it; in any case the order cannot lock it later."""
        self.given_up_by.add(order_id)
        if self.order_id in ("", order_id):
            self.state, self.order_id = HELD, ""


@dataclass(slots=True)
class Inventory(Neighbour):
    """Stores holds. lapses_at_lock: whether a hold expires just before an order locks it."""

    holds: dict[str, StoredHold] = field(default_factory=dict)
    lapses_at_lock: bool = False

    def state(self, hold_id: str) -> str:
        return stock.HoldState.Name(self.holds[hold_id].state).removeprefix("HOLD_STATE_")

    def _kept(self, hold_id: str, buyer_id: str = "") -> StoredHold:
        kept = self.holds.get(hold_id)
        if kept is None or (buyer_id and kept.buyer_id != buyer_id):
            raise HoldNotFound
        return kept

    def _hold(self, hold_id: str) -> stock.Hold:
        kept = self.holds[hold_id]
        until = to_timestamp(HELD_UNTIL_US)
        return stock.Hold(hold_id=hold_id, event_id=EVENT, state=kept.state, expires_at=until, places=kept.places)

    async def DescribeHold(
        self, request: inventory_pb.DescribeHoldRequest, call: Call
    ) -> inventory_pb.DescribeHoldResponse:
        self.asked("DescribeHold")
        if self._kept(request.hold_id, request.buyer_id).state in (LAPSED, RELEASED):
            raise HoldExpired
        return inventory_pb.DescribeHoldResponse(hold=self._hold(request.hold_id))

    async def LockHold(self, request: inventory_pb.LockHoldRequest, call: Call) -> inventory_pb.LockHoldResponse:
        self.asked("LockHold")
        kept = self._kept(request.hold_id, request.buyer_id)
        if self.lapses_at_lock and kept.state == HELD:
            kept.state = LAPSED
        if kept.order_id not in ("", request.order_id):
            raise HoldInUse
        if kept.state in (LAPSED, RELEASED) or request.order_id in kept.given_up_by:
            raise HoldExpired
        if kept.state == HELD:
            kept.state, kept.order_id = LOCKED, request.order_id
        return inventory_pb.LockHoldResponse(hold=self._hold(request.hold_id))

    async def UnlockHold(self, request: inventory_pb.UnlockHoldRequest, call: Call) -> inventory_pb.UnlockHoldResponse:
        self.asked("UnlockHold")
        kept = self._kept(request.hold_id)
        if kept.order_id == request.order_id and kept.state == SOLD:
            raise HoldInUse
        if kept.state in (HELD, LOCKED, SOLD):
            kept.give_up(request.order_id)
        return inventory_pb.UnlockHoldResponse(hold=self._hold(request.hold_id))

    async def ConfirmHold(
        self, request: inventory_pb.ConfirmHoldRequest, call: Call
    ) -> inventory_pb.ConfirmHoldResponse:
        self.asked("ConfirmHold")
        kept = self._kept(request.hold_id)
        if kept.order_id != request.order_id or kept.state not in (LOCKED, SOLD):
            raise HoldExpired
        kept.state = SOLD
        return inventory_pb.ConfirmHoldResponse(hold=self._hold(request.hold_id))

    async def ReturnSold(self, request: inventory_pb.ReturnSoldRequest, call: Call) -> inventory_pb.ReturnSoldResponse:
        self.asked("ReturnSold")
        kept = self._kept(request.hold_id)
        if request.order_id not in (kept.order_id, *kept.given_up_by):
            raise HoldNotFound
        if kept.state == SOLD:
            kept.give_up(request.order_id)
        return inventory_pb.ReturnSoldResponse(hold=self._hold(request.hold_id))


@dataclass(slots=True)
class Pricing(Neighbour):
    """Prices tickets; the coupon TEN takes 10 % off.

    uses_left: how often the coupon can be used.
    exhausted_at_reserve: whether other buyers take all uses between quote and reservation.
    refuses: the refusal of quotes with a coupon.
    gate: the next quote waits for this event.
    counted: participants whose uses of the coupon are used up.
    participants: the participants of all quotes.
    reserved_for: the buyers of all reservations.
    """

    uses_left: int = 100
    exhausted_at_reserve: bool = False
    refuses: Refusal | None = None
    gate: asyncio.Event | None = None
    redemptions: dict[str, str] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    participants: list[str] = field(default_factory=list)
    reserved_for: list[str] = field(default_factory=list)

    async def QuoteOrder(self, request: pricing_pb.QuoteOrderRequest, call: Call) -> pricing_pb.QuoteOrderResponse:
        self.asked("QuoteOrder")
        gate, self.gate = self.gate, None
        if gate is not None:
            await gate.wait()
        self.participants.append(request.participant_id)
        if request.coupon_code:
            self._check_coupon(request.coupon_code)
            if request.participant_id in self.counted:
                raise CouponLimitReached(limit=1)
        share = 90 if request.coupon_code else 100
        lines = [quote_line(item.ticket_type_id, item.quantity, share) for item in request.items]
        face = sum(PRICES[item.ticket_type_id] * item.quantity for item in request.items)
        total = sum(line.total.minor for line in lines)
        quote = Quote(event_id=request.event_id, organizer_id=ORGANIZER, lines=lines, face=brl(face), total=brl(total))
        quote.discount.CopyFrom(brl(face - total))
        if request.coupon_code:
            quote.coupon_id, quote.coupon_limited = "cpn_ten", True
        return pricing_pb.QuoteOrderResponse(quote=quote)

    def _check_coupon(self, code: str) -> None:
        if self.refuses is not None:
            raise self.refuses
        if code.upper() != COUPON:
            raise CouponUnknown
        if not self.uses_left:
            raise CouponExhausted

    async def ReserveRedemption(
        self, request: pricing_pb.ReserveRedemptionRequest, call: Call
    ) -> pricing_pb.ReserveRedemptionResponse:
        self.asked("ReserveRedemption")
        known = self.redemptions.get(request.order_id)
        if known == "RELEASED":
            raise OrderState(state=known)
        if known is None:
            if self.exhausted_at_reserve or not self.uses_left:
                raise CouponExhausted
            self.uses_left -= 1
            self.reserved_for.append(request.buyer_id)
            self.redemptions[request.order_id] = "RESERVED"
        return pricing_pb.ReserveRedemptionResponse()

    async def ReleaseRedemption(
        self, request: pricing_pb.ReleaseRedemptionRequest, call: Call
    ) -> pricing_pb.ReleaseRedemptionResponse:
        self.asked("ReleaseRedemption")
        self.uses_left += self.redemptions.get(request.order_id) == "RESERVED"
        self.redemptions[request.order_id] = "RELEASED"
        return pricing_pb.ReleaseRedemptionResponse()


def quote_line(ticket_type_id: str, quantity: int, share: int) -> QuoteLine:
    face = PRICES[ticket_type_id]
    unit = face * share // 100
    return QuoteLine(
        ticket_type_id=ticket_type_id,
        ticket_type_name=ticket_type_id.removeprefix("tkt_").title(),
        quantity=quantity,
        unit_face=brl(face),
        unit_prices=[brl(unit)] * quantity,
        total=brl(unit * quantity),
    )


@dataclass(slots=True)
class Payments(Neighbour):
    """Takes money.

    silent: whether the provider does not answer.
    captures_silently: whether it does not answer a capture.
    declines: whether it declines cards.
    stuck: Authorize waits for this event.
    charges: the money that was really taken; a second entry for one order is a double charge.
    """

    silent: bool = False
    captures_silently: bool = False
    stuck: asyncio.Event | None = None
    declines: bool = False
    payments: dict[str, money.Payment] = field(default_factory=dict)
    charges: list[tuple[str, int]] = field(default_factory=list)
    feed: FakeFeed = field(default_factory=lambda: FakeFeed(payments_pb.FeedResponse))

    def state(self, order_id: str) -> str:
        return money.PaymentState.Name(self.payments[order_id].state).removeprefix("PAYMENT_STATE_")

    def settle(self, order_id: str, state: money.PaymentState.ValueType) -> None:
        """Announces the provider's late answer."""
        payment = self.payments[order_id]
        payment.state = state
        if state == CAPTURED:
            self.charges.append((order_id, payment.amount.minor))
        self.feed.tell(order_id, PaymentSettled(payment=payment))

    async def Authorize(self, request: payments_pb.AuthorizeRequest, call: Call) -> payments_pb.AuthorizeResponse:
        self.asked("Authorize")
        if self.stuck is not None:
            await self.stuck.wait()
        named = "box_office" if request.box_office else "sandbox"
        fresh = money.Payment(order_id=request.order_id, state=UNKNOWN, amount=request.amount, provider=named)
        payment = self.payments.setdefault(request.order_id, fresh)
        if payment.void_requested or payment.state == VOIDED:
            raise PaymentState(state="VOIDED")
        if payment.state == UNKNOWN and (request.box_office or not self.silent):
            payment.state = DECLINED if self.declines else AUTHORIZED
        return payments_pb.AuthorizeResponse(payment=payment)

    async def Capture(self, request: payments_pb.CaptureRequest, call: Call) -> payments_pb.CaptureResponse:
        self.asked("Capture")
        payment = self.payments.get(request.order_id)
        if payment is None:
            raise PaymentNotFound
        if payment.state in (UNKNOWN, DECLINED) or payment.void_requested:
            raise PaymentState(state=self.state(request.order_id))
        silent = self.silent or self.captures_silently
        if payment.state == AUTHORIZED and (payment.provider == "box_office" or not silent):
            payment.state = CAPTURED
            self.charges.append((request.order_id, payment.amount.minor))
        return payments_pb.CaptureResponse(payment=payment)

    async def Void(self, request: payments_pb.VoidRequest, call: Call) -> payments_pb.VoidResponse:
        self.asked("Void")
        payment = self.payments.setdefault(request.order_id, money.Payment(order_id=request.order_id, state=VOIDED))
        if payment.state in (UNKNOWN, AUTHORIZED):
            payment.void_requested = True
            payment.state = payment.state if self.silent or self.captures_silently else VOIDED
        return payments_pb.VoidResponse(payment=payment)

    async def Feed(self, request: payments_pb.FeedRequest, call: Call) -> AsyncIterator[Message]:
        async for batch in self.feed.batches(request):
            yield batch
