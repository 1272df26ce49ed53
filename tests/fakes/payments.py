"""The payments that orders sees, with a provider that a test can silence."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import (
    PaymentDisputed,
    PaymentSettled,
    ProviderHealthChanged,
    RefundSettled,
)
from eventhub.refusals import (
    IdInUse,
    PaymentNotFound,
    PaymentState,
    RefundNotFound,
    RefundState,
    RefundTooLarge,
    TillCurrency,
    TillNotOpen,
    TillOtherEvent,
)
from services.kit.rpc.call import Call
from tests.fakes.feed import FakeFeed

UNKNOWN, AUTHORIZED = nouns.PAYMENT_STATE_UNKNOWN, nouns.PAYMENT_STATE_AUTHORIZED
CAPTURED, DECLINED = nouns.PAYMENT_STATE_CAPTURED, nouns.PAYMENT_STATE_DECLINED
VOIDED = nouns.PAYMENT_STATE_VOIDED
REFUND_UNKNOWN, REFUNDED = nouns.REFUND_STATE_UNKNOWN, nouns.REFUND_STATE_DONE
MANUAL, SETTLED = nouns.REFUND_STATE_MANUAL, nouns.REFUND_STATE_SETTLED
COUNTER = "box_office"


@dataclass(slots=True, kw_only=True)
class FakePayments(FakeFeed):
    """Takes money.

    silent: the provider does not answer.
    captures_silently: it does not answer a capture or a void.
    declines: it declines cards.
    payments, requests: each order's payment, and the request that began it.
    charges: the money that was really taken; a second entry for one order is a double charge.
    tills: the open till of each clerk of any organizer.
    refuses_refunds: the provider refuses to give money back.
    refunds: all refunds by their ids.
    """

    response = pb.FeedResponse
    silent: bool = False
    captures_silently: bool = False
    declines: bool = False
    payments: dict[str, nouns.Payment] = field(default_factory=dict)
    requests: dict[str, pb.AuthorizeRequest] = field(default_factory=dict)
    charges: list[tuple[str, int]] = field(default_factory=list)
    tills: dict[str, nouns.Till] = field(default_factory=dict)
    refuses_refunds: bool = False
    refunds: dict[str, nouns.Refund] = field(default_factory=dict)

    def about(self, fact: Message) -> tuple[str, str]:
        if isinstance(fact, ProviderHealthChanged):
            return fact.health.provider, ""
        assert isinstance(fact, PaymentSettled | RefundSettled | PaymentDisputed)
        order_id = fact.refund.order_id if isinstance(fact, RefundSettled) else fact.payment.order_id
        began = self.requests.get(order_id)
        return order_id, began.organizer_id if began else ""

    def state(self, order_id: str) -> str:
        return nouns.PaymentState.Name(self.payments[order_id].state).removeprefix("PAYMENT_STATE_")

    def settle(self, order_id: str, state: nouns.PaymentState.ValueType) -> None:
        """Announces the provider's late answer."""
        payment = self.payments[order_id]
        payment.state = state
        if state == CAPTURED:
            self.charges.append((order_id, payment.amount.minor))
        self.tell(PaymentSettled(payment=payment))

    def open_till(self, clerk_id: str, *, event_id: str = "", currency: str = "BRL") -> None:
        """Opens a till for a clerk."""
        self.tills[clerk_id] = nouns.Till(
            till_id=f"til_{clerk_id}", clerk_id=clerk_id, event_id=event_id, opening_float=Money(currency=currency)
        )

    def close_till(self, clerk_id: str) -> None:
        """Closes a clerk's till, and voids the sales in it that are not booked yet."""
        closed = self.tills.pop(clerk_id)
        for order_id, payment in self.payments.items():
            if payment.till_id == closed.till_id and payment.state == AUTHORIZED:
                payment.void_requested = True
                self.settle(order_id, VOIDED)

    def _selling(self, till: nouns.Till | None, event_id: str) -> nouns.Till:
        if till is None:
            raise TillNotOpen
        if till.event_id not in ("", event_id):
            raise TillOtherEvent(event_id=till.event_id)
        return till

    async def FindOpenTill(self, request: pb.FindOpenTillRequest, call: Call) -> pb.FindOpenTillResponse:
        await self.called("FindOpenTill")
        return pb.FindOpenTillResponse(till=self._selling(self.tills.get(request.clerk_id), request.event_id))

    def _check_till(self, request: pb.AuthorizeRequest) -> None:
        """Raises the reason for which no open till takes a sale at the counter."""
        named = [till for till in self.tills.values() if till.till_id == request.counter.till_id]
        till = self._selling(named[0] if named else None, request.event_id)
        if till.opening_float.currency != request.amount.currency:
            raise TillCurrency(expected=till.opening_float.currency)

    async def Authorize(self, request: pb.AuthorizeRequest, call: Call) -> pb.AuthorizeResponse:
        await self.called("Authorize")
        order_id = request.order_id
        known = self.payments.get(order_id)
        if known is None:
            if request.HasField("counter"):
                self._check_till(request)
            self.requests[order_id] = request
            payment = self.payments[order_id] = fresh(request)
            if self._answers(payment):
                payment.state = self._outcome(request)
        elif self.requests.get(order_id, request) != request:
            raise IdInUse
        elif known.void_requested and known.state != CAPTURED:
            raise PaymentState(state=self.state(order_id))
        elif known.state == UNKNOWN and self._answers(known):
            self.settle(order_id, self._outcome(request))
        return pb.AuthorizeResponse(payment=self.payments[order_id])

    def _outcome(self, request: pb.AuthorizeRequest) -> nouns.PaymentState.ValueType:
        return DECLINED if self.declines and not request.HasField("counter") else AUTHORIZED

    async def Capture(self, request: pb.CaptureRequest, call: Call) -> pb.CaptureResponse:
        await self.called("Capture")
        payment = self.payments.get(request.order_id)
        if payment is None:
            raise PaymentNotFound
        if payment.state in (UNKNOWN, DECLINED):
            raise PaymentState(state=self.state(request.order_id))
        if payment.state == AUTHORIZED and self._answers(payment, moves_money=True):
            self.settle(request.order_id, VOIDED if payment.void_requested else CAPTURED)
        return pb.CaptureResponse(payment=payment)

    async def Void(self, request: pb.VoidRequest, call: Call) -> pb.VoidResponse:
        await self.called("Void")
        payment = self.payments.setdefault(request.order_id, nouns.Payment(order_id=request.order_id, state=VOIDED))
        payment.void_requested = payment.state != CAPTURED
        if payment.state in (UNKNOWN, AUTHORIZED) and self._answers(payment, moves_money=True):
            self.settle(request.order_id, VOIDED)
        return pb.VoidResponse(payment=payment)

    async def Refund(self, request: pb.RefundRequest, call: Call) -> pb.RefundResponse:
        await self.called("Refund")
        payment = self.payments.get(request.order_id)
        if payment is None:
            raise PaymentNotFound
        known = self.refunds.get(request.refund_id)
        if known is None:
            self._check_refund(payment, request)
            known = self.refunds[request.refund_id] = nouns.Refund(
                refund_id=request.refund_id, order_id=request.order_id, amount=request.amount, state=REFUND_UNKNOWN
            )
        elif (known.order_id, known.amount) != (request.order_id, request.amount):
            raise IdInUse
        if known.state == REFUND_UNKNOWN and self._answers(payment, moves_money=True):
            by_hand = payment.provider == COUNTER and request.clerk_id not in self.tills
            self.settle_refund(request.refund_id, MANUAL if self.refuses_refunds or by_hand else REFUNDED)
        return pb.RefundResponse(refund=known)

    def _check_refund(self, payment: nouns.Payment, request: pb.RefundRequest) -> None:
        """Raises the reason for which money of a payment cannot be given back."""
        if payment.state != CAPTURED or payment.HasField("disputed_at"):
            raise PaymentState(state=self.state(request.order_id))
        given = sum(refund.amount.minor for refund in self.refunds.values() if refund.order_id == request.order_id)
        left = payment.amount.minor - given
        if request.amount.minor > left:
            raise RefundTooLarge(left_minor=left, currency=payment.amount.currency)

    def settle_refund(self, refund_id: str, state: nouns.RefundState.ValueType) -> None:
        """Announces the provider's answer to a refund."""
        refund = self.refunds[refund_id]
        refund.state = state
        if state == REFUNDED:
            self.charges.append((refund.order_id, -refund.amount.minor))
        self.tell(RefundSettled(refund=refund))

    def dispute(self, order_id: str, at_us: int) -> None:
        """Announces that the owner of the card disputes a payment."""
        payment = self.payments[order_id]
        payment.disputed_at.FromMicroseconds(at_us)
        self.tell(PaymentDisputed(payment=payment))

    async def SettleRefund(self, request: pb.SettleRefundRequest, call: Call) -> pb.SettleRefundResponse:
        await self.called("SettleRefund")
        refund = self.refunds.get(request.refund_id)
        if refund is None:
            raise RefundNotFound
        if refund.state not in (MANUAL, SETTLED):
            raise RefundState(state=nouns.RefundState.Name(refund.state).removeprefix("REFUND_STATE_"))
        if refund.state == MANUAL:
            self.settle_refund(request.refund_id, SETTLED)
        return pb.SettleRefundResponse(refund=refund)

    def _answers(self, payment: nouns.Payment, *, moves_money: bool = False) -> bool:
        """Whether the provider answers; the counter always does. moves_money: it is a capture or a void."""
        return payment.provider == COUNTER or not (self.silent or (moves_money and self.captures_silently))


def fresh(request: pb.AuthorizeRequest) -> nouns.Payment:
    """A payment that no provider has answered yet."""
    provider = COUNTER if request.HasField("counter") else "sandbox"
    return nouns.Payment(
        order_id=request.order_id,
        state=UNKNOWN,
        amount=request.amount,
        provider=provider,
        till_id=request.counter.till_id,
    )
