"""payments on stage: orders calls it, and the operator watches it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message

from eventhub.client import EventHub
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.options_pb2 import ROLE_BOX_OFFICE, Role
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.payments.v1.payments_events_pb2 import (
    PaymentDisputed,
    PaymentSettled,
    ProviderHealthChanged,
    RefundSettled,
)
from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshStub
from services.kit.db.database import Database, Tx
from services.payments.payments import Attempt
from services.payments.wiring import build
from tests.facts import told
from tests.stage import Stage, until

if TYPE_CHECKING:
    from eventhub.payments.v1.payments_service_pb2_grpc import PaymentsMeshAsyncStub

CASH, TERMINAL = nouns.COUNTER_METHOD_CASH, nouns.COUNTER_METHOD_CARD_TERMINAL
VOUCHER = nouns.COUNTER_METHOD_VOUCHER
FLOAT = Money(minor=10_000, currency="BRL")
ORDER, ORGANIZER, EVENT = "ord_1", "org_casa", "evt_theatre"
BIA, RUI = "acc_bia", "acc_rui"
STEP_S = 0.4
FACTS = (PaymentSettled, RefundSettled, PaymentDisputed, ProviderHealthChanged)
KINDS: dict[str, type[Message]] = {kind.DESCRIPTOR.full_name: kind for kind in FACTS}


@dataclass
class World:
    stage: Stage
    mesh: "PaymentsMeshAsyncStub"
    operator: EventHub
    database: Database

    async def authorize(self, order_id: str = ORDER, *, card: str = "tok_ok", minor: int = 5000) -> str:
        return state((await self.mesh.Authorize(ask(order_id, card=card, minor=minor))).payment)

    async def capture(self, order_id: str = ORDER) -> str:
        return state((await self.mesh.Capture(pb.CaptureRequest(order_id=order_id))).payment)

    async def void(self, order_id: str = ORDER) -> str:
        return state((await self.mesh.Void(pb.VoidRequest(order_id=order_id))).payment)

    async def state(self, order_id: str = ORDER) -> str:
        return state((await self.mesh.GetPayment(pb.GetPaymentRequest(order_id=order_id))).payment)

    async def fault(self, name: str) -> None:
        value = nouns.SandboxFault.Value(f"SANDBOX_FAULT_{name}")
        await self.operator.sandbox.SetSandboxFault(pb.SetSandboxFaultRequest(fault=value))

    async def charged(self, order_id: str = ORDER) -> list[tuple[str, int]]:
        request = pb.GetSandboxChargesRequest(order_id=order_id)
        answer = await self.operator.sandbox.GetSandboxCharges(request)
        return [(charge.state, charge.amount.minor) for charge in answer.charges]

    async def health(self) -> nouns.ProviderHealth:
        answer = await self.operator.payments.GetProviderHealth(pb.GetProviderHealthRequest())
        return answer.providers[0]

    async def breaker(self) -> str:
        return nouns.BreakerState.Name((await self.health()).breaker).removeprefix("BREAKER_STATE_")

    async def facts(self) -> list[Message]:
        return [KINDS[fact.type].FromString(fact.payload) for fact in await told(self.database)]

    async def settled(self) -> list[tuple[str, str]]:
        return [
            (fact.payment.order_id, state(fact.payment))
            for fact in await self.facts()
            if isinstance(fact, PaymentSettled)
        ]

    def clerk(self, subject_id: str = BIA, role: Role.ValueType = ROLE_BOX_OFFICE) -> EventHub:
        """A client for a member of the organizer."""
        return self.stage.member(ORGANIZER, role, subject_id)

    async def open_till(self, n: int = 1, clerk: EventHub | None = None, **more: Any) -> nouns.Till:
        """Opens the n-th till, by default Bia's with R$ 100.00."""
        request = pb.OpenTillRequest(till_id=til_(n), opening_float=more.pop("opening_float", FLOAT), **more)
        return (await (clerk or self.clerk()).tills.OpenTill(request)).till

    async def ledger(self) -> list[tuple[str, str, int]]:
        async def lines(tx: Tx) -> list[tuple[str, str, int]]:
            rows = await tx.all("SELECT entry_id, account, amount_minor FROM ledger_line ORDER BY entry_id, n")
            return [(row[0], row[1], row[2]) for row in rows]

        return await self.database.read(lines)

    async def defer(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Advances the clock step by step until the condition holds."""

        async def advanced() -> bool:
            self.stage.clock.advance(STEP_S)
            return await holds()

        await until(advanced)

    async def becomes(self, wanted: str, order_id: str = ORDER) -> None:
        """Advances the clock until a payment is in the wanted state."""

        async def holds() -> bool:
            return await self.state(order_id) == wanted

        await self.defer(holds)


def ask(
    order_id: str = ORDER, *, card: str = "tok_ok", minor: int = 5000, organizer_id: str = ORGANIZER
) -> pb.AuthorizeRequest:
    return pb.AuthorizeRequest(
        order_id=order_id,
        amount=Money(minor=minor, currency="BRL"),
        organizer_id=organizer_id,
        event_id=EVENT,
        card_token=card,
    )


def til_(n: int) -> str:
    return f"til_{n:026d}"


def ask_counter(
    order_id: str = ORDER, *, till: int = 1, method: nouns.CounterMethod.ValueType = CASH, minor: int = 5000
) -> pb.AuthorizeRequest:
    """A sale at the counter into the n-th till."""
    request = ask(order_id, minor=minor)
    request.counter.till_id, request.counter.method = til_(till), method
    return request


def state(payment: nouns.Payment) -> str:
    return nouns.PaymentState.Name(payment.state).removeprefix("PAYMENT_STATE_")


def attempt(
    order_id: str = ORDER, *, provider: str = "sandbox", minor: int = 5000, organizer_id: str = ORGANIZER
) -> Attempt:
    return Attempt(
        order_id=order_id,
        organizer_id=organizer_id,
        event_id=EVENT,
        amount_minor=minor,
        currency="BRL",
        provider=provider,
        card_token="tok_ok",
    )


async def open_world(stage: Stage) -> World:
    context = await stage.add(build)
    await stage.start()
    return World(stage, PaymentsMeshStub(stage.channel("orders")), stage.operator(), context.database)
