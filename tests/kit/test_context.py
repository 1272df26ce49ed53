"""A context that keeps nothing needs no database, and one that follows facts takes each of them."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator

import pytest
from google.protobuf.message import Message

from eventhub.common.v1.feed_pb2 import Fact
from eventhub.orders.v1.orders_events_pb2 import (
    OrderDisputed,
    OrderFailed,
    OrderPaid,
    OrderPaymentPending,
    OrderPlaced,
    OrderRefundChanged,
    OrderReseated,
)
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.orders.v1.orders_service_pb2 import FeedRequest
from services.kit.db import Database, Tx
from services.kit.feeds import ignore, ignoring
from services.kit.feeds.follower import read_cursor
from services.kit.observe.metrics import Gauge
from services.kit.process import Answer, Context, Request, Route, Runtime
from services.kit.rpc import Call
from tests.fakes.orders import FakeOrders
from tests.kit.test_server import SERVING, check, wire
from tests.sources import SERVICES
from tests.stage import Stage, until


async def web(runtime: Runtime) -> Context:
    """A context of pages alone, with a loop and a figure."""
    looked = 0

    async def greet(request: Request) -> Answer:
        return Answer(200, body=f"hello {request.rest}, {looked}".encode())

    async def look() -> None:
        nonlocal looked
        looked += 1
        await asyncio.Event().wait()

    async def gauges() -> list[Gauge]:
        return [Gauge(name="web_looks", help="Looks of the loop.", value=looked)]

    return Context(
        name="web",
        own_database=None,
        servicers={},
        loops=[("looks", look)],
        gauges=[gauges],
        routes=[Route("GET", "/web/", greet)],
    )


async def test_a_context_without_a_database_is_ready_works_and_ends(stage: Stage) -> None:
    await stage.add(web)
    await stage.start()
    url = f"{stage.platform.runtime.public_url}/web/ana"

    def page() -> bytes:
        return bytes(urllib.request.urlopen(url).read())  # noqa: S310 - our own

    async def looked() -> bool:
        return await asyncio.to_thread(page) == b"hello ana, 1"

    await until(looked)
    async with wire(stage) as channel:
        assert await check(channel, "readiness") == SERVING
    found = {sample.name: sample.value for one in stage.platform.metrics.registry.collect() for sample in one.samples}
    assert found["eventhub_web_looks"] == 1


OTHERS = (OrderPlaced, OrderFailed, OrderReseated, OrderRefundChanged, OrderDisputed)


async def forgetful(runtime: Runtime) -> Context:
    """A context that follows orders and leaves out a fact."""
    database = await runtime.database("pricing", SERVICES / "pricing" / "schema")
    runtime.follow(database, "orders", takes={OrderPaid: ignore, **ignoring(*OTHERS)})
    return Context(name="pricing", own_database=database, servicers={})


async def test_a_context_that_leaves_out_a_fact_does_not_start(stage: Stage) -> None:
    with pytest.raises(TypeError, match=r"pricing takes no eventhub\.orders\.v1\.OrderPaymentPending of orders"):
        await stage.add(forgetful)


async def frugal(runtime: Runtime) -> Context:
    """A context that follows orders and is sent the paid ones only."""
    database = await runtime.database("pricing", SERVICES / "pricing" / "schema")

    async def note(tx: Tx, message: OrderPaid, fact: Fact) -> None:
        await tx.run("INSERT INTO subject_person (subject_id, person_id) VALUES ($1, '')", message.order.order_id)

    others = ignoring(OrderPaymentPending, *OTHERS)
    follower = runtime.follow(database, "orders", takes={OrderPaid: note, **others}, only_taken=True)
    return Context(name="pricing", own_database=database, servicers={}, loops=[follower.loop])


async def is_at(database: Database, position: int) -> bool:
    """Whether a database has read orders' feed up to a position."""
    return (await database.read(read_cursor, "orders")).position == position


class Asked(FakeOrders):
    """Notes which types of facts its readers ignore."""

    def __init__(self) -> None:
        super().__init__()
        self.ignored: list[set[str]] = []

    async def Feed(self, request: FeedRequest, call: Call) -> AsyncIterator[Message]:
        self.ignored.append({name.rpartition(".")[2] for name in request.ignored_types})
        async for answer in FakeOrders.Feed(self, request, call):
            yield answer


async def test_a_context_may_leave_out_the_facts_that_it_knows_and_ignores(stage: Stage) -> None:
    """Not all that it does not take: it must stop at a fact that it does not know."""
    orders = Asked()
    stage.script("orders", OrdersMesh=orders)
    database = (await stage.add(frugal)).database
    orders.tell(*(kind(order=Order(order_id="ord_1")) for kind in (OrderPlaced, OrderPaid, OrderFailed)))

    await stage.start()
    await until(lambda: is_at(database, 3))

    assert orders.ignored == [{"OrderPaymentPending", *(each.DESCRIPTOR.name for each in OTHERS)}]
    assert await database.read(lambda tx: tx.all("SELECT subject_id FROM subject_person")) == [("ord_1",)]
