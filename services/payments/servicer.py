"""payments' RPCs for operators and organizers."""

from collections.abc import Mapping

from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.refusals import PaymentNotFound, PaymentState, ProviderUnknown
from services.kit.db import Database
from services.kit.rpc import Call
from services.payments import convert, store, transactions
from services.payments.provider_client import ProviderClient
from services.payments.sandbox_gateway import Sandbox


class PaymentsService:
    """Serves PaymentsService to operators and organizers."""

    def __init__(self, database: Database, providers: Mapping[str, ProviderClient]) -> None:
        """database: payments' own. providers: each provider's client by its name."""
        self.database = database
        self.providers = providers

    async def GetProviderHealth(self, request: pb.GetProviderHealthRequest, call: Call) -> pb.GetProviderHealthResponse:
        health = [await self._health(provider) for provider in self.providers]
        return pb.GetProviderHealthResponse(providers=health)

    async def ForceProvider(self, request: pb.ForceProviderRequest, call: Call) -> pb.ForceProviderResponse:
        client = self.providers.get(request.provider)
        if client is None:
            raise ProviderUnknown
        await self.database.write(transactions.force_provider, request.provider, is_open=request.open)
        client.force(is_open=request.open)
        return pb.ForceProviderResponse(health=await self._health(request.provider))

    async def _health(self, provider: str) -> nouns.ProviderHealth:
        waiting = await self.database.read(store.waiting, provider)
        return convert.health_pb(provider, self.providers[provider].state().name, waiting)


class SandboxService:
    """Serves SandboxService to operators."""

    def __init__(self, sandbox: Sandbox) -> None:
        """sandbox: the provider itself, not a client of it."""
        self.sandbox = sandbox

    async def SetSandboxFault(self, request: pb.SetSandboxFaultRequest, call: Call) -> pb.SetSandboxFaultResponse:
        await self.sandbox.set_fault(convert.fault(request.fault))
        return pb.SetSandboxFaultResponse()

    async def DisputeSandboxCharge(
        self, request: pb.DisputeSandboxChargeRequest, call: Call
    ) -> pb.DisputeSandboxChargeResponse:
        charge = await self.sandbox.dispute(request.order_id)
        if charge is None:
            known = await self.sandbox.charge(request.order_id)
            raise PaymentState(state=known.standing.name) if known else PaymentNotFound()
        return pb.DisputeSandboxChargeResponse(charge=convert.charge_pb(charge))

    async def GetSandboxCharges(self, request: pb.GetSandboxChargesRequest, call: Call) -> pb.GetSandboxChargesResponse:
        charge = await self.sandbox.charge(request.order_id)
        return pb.GetSandboxChargesResponse(charges=[convert.charge_pb(charge)] if charge else [])
