"""payments' RPCs."""

from collections.abc import AsyncIterator

from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.refusals import ProviderUnknown
from services.kit.db import Database
from services.kit.feeds import feed
from services.kit.rpc import Call
from services.payments import check, convert, store, transactions
from services.payments.line import Line
from services.payments.payments import INTERACTIVE_S, SANDBOX
from services.payments.sandbox import Sandbox
from services.payments.teller import Teller

ANSWER_S = 0.1


class Payments:
    """Serves PaymentsService."""

    def __init__(self, database: Database, line: Line) -> None:
        """database: payments' own. line: to the sandbox, the one provider there is."""
        self.database = database
        self.line = line

    async def GetProviderHealth(self, request: pb.GetProviderHealthRequest, call: Call) -> pb.GetProviderHealthResponse:
        """How each provider is doing."""
        return pb.GetProviderHealthResponse(providers=[await self._health()])

    async def ForceProvider(self, request: pb.ForceProviderRequest, call: Call) -> pb.ForceProviderResponse:
        """Forces a breaker open, or lets it go."""
        if request.provider != SANDBOX:
            raise ProviderUnknown
        await self.database.write(transactions.force_provider, request.provider, is_open=request.open)
        self.line.force(is_open=request.open)
        return pb.ForceProviderResponse(health=await self._health())

    async def _health(self) -> nouns.ProviderHealth:
        waiting = await self.database.read(store.waiting)
        return convert.health_pb(SANDBOX, self.line.state().name, waiting)


class SandboxControls:
    """Serves SandboxService."""

    def __init__(self, sandbox: Sandbox) -> None:
        """sandbox: the provider itself."""
        self.sandbox = sandbox

    async def SetSandboxFault(self, request: pb.SetSandboxFaultRequest, call: Call) -> pb.SetSandboxFaultResponse:
        """Makes the sandbox misbehave."""
        await self.sandbox.misbehave(convert.fault(request.fault))
        return pb.SetSandboxFaultResponse()

    async def GetSandboxCharges(self, request: pb.GetSandboxChargesRequest, call: Call) -> pb.GetSandboxChargesResponse:
        """The sandbox's book for an order."""
        charge = await self.sandbox.book(request.order_id)
        return pb.GetSandboxChargesResponse(charges=[convert.charge_pb(charge)] if charge else [])


class Mesh:
    """Serves PaymentsMesh."""

    def __init__(self, database: Database, teller: Teller) -> None:
        """database: payments' own. teller: asks the provider."""
        self.database = database
        self.teller = teller

    async def Authorize(self, request: pb.AuthorizeRequest, call: Call) -> pb.AuthorizeResponse:
        """Reserves an order's amount."""
        check.authorize(request)
        payment = await self.teller.authorize(convert.attempt(request), within_s=patience_s(call))
        return pb.AuthorizeResponse(payment=convert.payment_pb(payment))

    async def Capture(self, request: pb.CaptureRequest, call: Call) -> pb.CaptureResponse:
        """Takes a reserved amount."""
        payment = await self.teller.capture(request.order_id, within_s=patience_s(call))
        return pb.CaptureResponse(payment=convert.payment_pb(payment))

    async def Void(self, request: pb.VoidRequest, call: Call) -> pb.VoidResponse:
        """Gives an order's payment up."""
        payment = await self.teller.void(request.order_id, within_s=patience_s(call))
        return pb.VoidResponse(payment=convert.payment_pb(payment))

    async def GetPayment(self, request: pb.GetPaymentRequest, call: Call) -> pb.GetPaymentResponse:
        """An order's payment."""
        payment = await self.database.read(transactions.existing, request.order_id)
        return pb.GetPaymentResponse(payment=convert.payment_pb(payment))

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        """What payments has to tell."""
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


def patience_s(call: Call) -> float:
    """How long a caller waits for the provider, so that the answer still reaches it in time."""
    left = call.remaining_s()
    return INTERACTIVE_S if left is None else max(0.0, min(INTERACTIVE_S, left - ANSWER_S))
