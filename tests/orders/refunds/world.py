"""Paid orders on stage, and refunds of them."""

from dataclasses import dataclass, field
from typing import Any

from eventhub.catalog.v1 import catalog_pb2 as catalog
from eventhub.client import EventHub
from eventhub.common.v1.money_pb2 import Money
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER, Role
from eventhub.orders.v1 import orders_pb2 as nouns
from eventhub.orders.v1 import orders_service_pb2 as pb
from services.kit.values.clock import SECOND_US, to_timestamp
from tests.fakes.catalog import FakeCatalog
from tests.fakes.ticketing import FakeTicketing
from tests.orders.world import ANA, CLERK, EVENT, ORGANIZER, World, open_world, ord_
from tests.stage import Stage

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
STARTS_IN_S = 60 * DAY_S


def rfd(n: int) -> str:
    return f"rfd_{n:026d}"


def brl(minor: int) -> Money:
    return Money(minor=minor, currency="BRL")


def refund_state(order: nouns.Order, n: int = 0) -> str:
    """The state of the n-th refund of an order."""
    return nouns.OrderRefundState.Name(order.refunds[n].state).removeprefix("ORDER_REFUND_STATE_")


@dataclass(slots=True, kw_only=True)
class Desk:
    """orders with its neighbours, and Ana, who gives orders back. A manager of the organizer does so, too."""

    world: World
    catalog: FakeCatalog
    ticketing: FakeTicketing
    manager: EventHub = field(init=False)

    def __post_init__(self) -> None:
        self.manager = self.member(ROLE_MANAGER)

    def member(self, role: Role.ValueType = ROLE_FINANCE, subject_id: str = CLERK) -> EventHub:
        return self.world.stage.member(ORGANIZER, role, subject_id=subject_id)

    async def paid(self, n: int = 1, **quantities: int) -> nouns.Order:
        """Ana's n-th order: two seats in the stalls at 50.00, or tickets by type."""
        self.world.hold(n, ANA, **quantities)
        order = await self.world.checkout(n)
        assert order.state == nouns.ORDER_STATE_PAID
        return order

    async def give_back(
        self, *line_ids: str, n: int = 1, order: int = 1, by: EventHub | None = None, **more: Any
    ) -> nouns.Order:
        """The n-th refund, of an order's lines. by: Ana unless given."""
        request = pb.RefundOrderRequest(refund_id=rfd(n), order_id=ord_(order), line_ids=line_ids, **more)
        return (await (by or self.world.ana).refunds.RefundOrder(request)).order

    async def preview(self, *line_ids: str, by: EventHub | None = None) -> pb.PreviewRefundResponse:
        request = pb.PreviewRefundRequest(order_id=ord_(1), line_ids=line_ids)
        return await (by or self.world.ana).refunds.PreviewRefund(request)

    def terms(self, *shares: tuple[int, int], withdrawal: int | None = None) -> None:
        """Gives the event terms."""
        given = [catalog.RefundShare(hours_before=hours, percent=percent) for hours, percent in shares]
        terms = catalog.RefundTerms(shares=given, withdrawal_hours_before=withdrawal)
        self.catalog.events[EVENT].details.refund_terms.CopyFrom(terms)


async def open_desk(stage: Stage, among: Desk | None = None) -> Desk:
    """Puts orders on stage, with an event in sixty days. among: an earlier desk, whose neighbours it gets."""
    starts_at = to_timestamp(stage.clock.now_us() + STARTS_IN_S * SECOND_US)
    show = catalog.Event(
        event_id=EVENT, organizer_id=ORGANIZER, starts_at=starts_at, state=catalog.EVENT_STATE_PUBLISHED
    )
    known = among.catalog if among else FakeCatalog(events={EVENT: show})
    ticketing = among.ticketing if among else FakeTicketing()
    stage.script("catalog", CatalogMesh=known)
    stage.script("ticketing", TicketingMesh=ticketing)
    return Desk(world=await open_world(stage, among.world if among else None), catalog=known, ticketing=ticketing)
