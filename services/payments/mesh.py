"""payments' RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.kit.values import Clock
from services.payments import check, convert, transactions
from services.payments.payment_worker import PaymentWorker
from services.payments.payments import INTERACTIVE_S
from services.payments.refunds import transactions as refund_transactions
from services.payments.refunds.worker import RefundWorker
from services.payments.tills import transactions as till_transactions
from services.payments.tills.till import Counted

# Kept of the caller's deadline for sending the answer.
ANSWER_S = 0.1


class PaymentsMesh:
    """Serves PaymentsMesh to orders."""

    def __init__(
        self, database: Database, clock: Clock, worker: PaymentWorker, refunds: RefundWorker, *, card_provider: str
    ) -> None:
        """database: payments' own. worker, refunds: ask the providers. card_provider: the one that new card payments
        use."""
        self.database = database
        self.clock = clock
        self.refunds = refunds
        self.worker = worker
        self.card_provider = card_provider

    async def Authorize(self, request: pb.AuthorizeRequest, call: Call) -> pb.AuthorizeResponse:
        check.authorize(request)
        attempt = convert.attempt(request, card_provider=self.card_provider)
        payment = await self.worker.authorize(attempt, within_s=patience_s(call))
        return pb.AuthorizeResponse(payment=convert.payment_pb(payment))

    async def Capture(self, request: pb.CaptureRequest, call: Call) -> pb.CaptureResponse:
        payment = await self.worker.capture(request.order_id, within_s=patience_s(call))
        return pb.CaptureResponse(payment=convert.payment_pb(payment))

    async def Void(self, request: pb.VoidRequest, call: Call) -> pb.VoidResponse:
        payment = await self.worker.void(request.order_id, within_s=patience_s(call))
        return pb.VoidResponse(payment=convert.payment_pb(payment))

    async def Refund(self, request: pb.RefundRequest, call: Call) -> pb.RefundResponse:
        check.refund(request)
        refund = await self.refunds.refund(convert.wanted(request), within_s=patience_s(call))
        return pb.RefundResponse(refund=convert.refund_pb(refund))

    async def SettleRefund(self, request: pb.SettleRefundRequest, call: Call) -> pb.SettleRefundResponse:
        refund = await self.database.write(
            refund_transactions.settle_by_hand, request.refund_id, now_us=self.clock.now_us()
        )
        return pb.SettleRefundResponse(refund=convert.refund_pb(refund))

    async def FindOpenTill(self, request: pb.FindOpenTillRequest, call: Call) -> pb.FindOpenTillResponse:
        till = await self.database.read(
            till_transactions.find_open, request.organizer_id, request.clerk_id, request.event_id
        )
        return pb.FindOpenTillResponse(till=convert.till_pb(Counted(till, ())))

    async def GetPayment(self, request: pb.GetPaymentRequest, call: Call) -> pb.GetPaymentResponse:
        payment = await self.database.read(transactions.existing, request.order_id)
        return pb.GetPaymentResponse(payment=convert.payment_pb(payment))

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


def patience_s(call: Call) -> float:
    """How many seconds to wait for the provider, so that the answer still reaches the caller within its deadline."""
    left_s = call.remaining_s()
    return INTERACTIVE_S if left_s is None else max(0.0, min(INTERACTIVE_S, left_s - ANSWER_S))
