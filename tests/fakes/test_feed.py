"""One suite for the feed that all contexts serve and for the fake feed: here it is the feed of orders."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from eventhub import refusals
from eventhub.common.v1.feed_pb2 import Revision
from eventhub.orders.v1 import orders_service_pb2 as pb
from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPlaced
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.orders.v1.orders_service_pb2_grpc import OrdersMeshStub
from services.kit.db.database import Tx
from services.kit.feeds.feed import FACTS_MAX
from tests.fakes.clock import START_US
from tests.fakes.orders import FakeOrders
from tests.fakes.reading import batches, facts, heads
from tests.orders.world import ORGANIZER, open_world
from tests.stage import Stage

ORDERS = ("ord_1", "ord_2", "ord_1")


@dataclass(frozen=True, slots=True)
class Paper:
    """A feed with three facts. tell: announces facts about further orders, by their ids. fail: announces that an order
    has failed."""

    stage: Stage
    tell: Callable[..., Awaitable[object]]
    fail: Callable[[str], Awaitable[object]]

    def feed(
        self, after: Revision | None = None, reader: str = "reporting", ignored: Sequence[str] = ()
    ) -> AsyncIterable[Any]:
        stub = OrdersMeshStub(self.stage.channel(reader))
        return stub.Feed(pb.FeedRequest(consumer=reader, after=after, ignored_types=ignored))


def placed(order_id: str) -> OrderPlaced:
    return OrderPlaced(order=Order(order_id=order_id, organizer_id=ORGANIZER))


def failed(order_id: str) -> OrderFailed:
    return OrderFailed(order=Order(order_id=order_id, organizer_id=ORGANIZER))


async def real(stage: Stage) -> Paper:
    database = (await open_world(stage)).database

    async def announce(tx: Tx, *facts: OrderPlaced | OrderFailed) -> None:
        for fact in facts:
            await tx.announce(fact, aggregate_id=fact.order.order_id, organizer_id=ORGANIZER, at_us=START_US)

    await database.write(announce, *map(placed, ORDERS))
    return Paper(
        stage,
        tell=lambda *order_ids: database.write(announce, *map(placed, order_ids)),
        fail=lambda order_id: database.write(announce, failed(order_id)),
    )


async def fake(stage: Stage) -> Paper:
    orders = FakeOrders()
    orders.tell(*map(placed, ORDERS))
    stage.script("orders", OrdersMesh=orders)

    async def tell(*order_ids: str) -> None:
        orders.tell(*map(placed, order_ids))

    async def fail(order_id: str) -> None:
        orders.tell(failed(order_id))

    return Paper(stage, tell, fail)


@pytest_asyncio.fixture(params=[real, fake])
async def paper(request: pytest.FixtureRequest, stage: Stage) -> Paper:
    opened: Paper = await request.param(stage)
    return opened


async def test_facts_come_in_order(paper: Paper) -> None:
    found = await facts(paper.feed(), len(ORDERS))

    assert heads(found) == [("OrderPlaced", order_id, ORGANIZER) for order_id in ORDERS]
    assert [fact.position for fact in found] == [1, 2, 3]
    assert {fact.occurred_at.ToMicroseconds() for fact in found} == {START_US}
    assert [OrderPlaced.FromString(fact.payload) for fact in found] == list(map(placed, ORDERS))


async def test_a_reader_goes_on_after_any_position(paper: Paper) -> None:
    (batch,) = await batches(paper.feed(), len(ORDERS))
    found = list(batch.facts)

    for position in range(len(ORDERS)):
        after = Revision(epoch=batch.epoch, position=position)
        for _ in range(2):
            assert await facts(paper.feed(after), len(ORDERS) - position) == found[position:]


@pytest.mark.parametrize(("epoch", "position"), [("epo_else", 1), ("", 1), (None, 10_000)])
async def test_a_position_that_the_feed_never_had_is_refused(paper: Paper, epoch: str | None, position: int) -> None:
    (batch,) = await batches(paper.feed(), 1)
    after = Revision(epoch=batch.epoch if epoch is None else epoch, position=position)

    with pytest.raises(refusals.RevisionUnknown) as refused:
        await facts(paper.feed(after), 1)

    assert refused.value.facts == {"epoch": batch.epoch}


async def test_many_facts_come_in_several_batches_that_say_how_many_there_are(paper: Paper) -> None:
    await paper.tell(*(f"ord_more_{n}" for n in range(FACTS_MAX)))
    total = FACTS_MAX + len(ORDERS)
    await facts(paper.feed(), total)  # all have a position now

    first, second = await batches(paper.feed(), total)

    assert (len(first.facts), len(second.facts)) == (FACTS_MAX, len(ORDERS))
    assert {first.head, second.head} == {total}


async def test_each_reader_that_waits_gets_a_new_fact(paper: Paper) -> None:
    (batch,) = await batches(paper.feed(), len(ORDERS))
    end = Revision(epoch=batch.epoch, position=len(ORDERS))
    readers = [paper.feed(end), paper.feed(end, "notifications")]
    for order_id in ("ord_8", "ord_9"):
        waiting = [asyncio.create_task(facts(reader, 1)) for reader in readers]
        await asyncio.sleep(0)
        await paper.tell(order_id)
        for found in await asyncio.gather(*waiting):
            assert heads(found) == [("OrderPlaced", order_id, ORGANIZER)]


async def test_a_reader_is_not_sent_the_types_that_it_ignores(paper: Paper) -> None:
    await paper.fail("ord_2")
    await paper.tell("ord_3")
    ignored = [OrderPlaced.DESCRIPTOR.full_name]

    assert heads(await facts(paper.feed(ignored=ignored), 1)) == [("OrderFailed", "ord_2", ORGANIZER)]
    everything = await facts(paper.feed(ignored=["eventhub.orders.v1.OrderUnheardOf"]), len(ORDERS) + 2)
    assert [fact.position for fact in everything] == [1, 2, 3, 4, 5]
