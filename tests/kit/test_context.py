"""A context that keeps nothing needs no database, and one that follows facts takes each of them."""

import asyncio
import urllib.request

import pytest

from eventhub.orders.v1.orders_events_pb2 import OrderFailed, OrderPaid, OrderPlaced
from services.kit.feeds import ignore
from services.kit.observe.metrics import Gauge
from services.kit.process import Answer, Context, Request, Route, Runtime
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


async def forgetful(runtime: Runtime) -> Context:
    """A context that follows orders and leaves out a fact."""
    database = await runtime.database("pricing", SERVICES / "pricing" / "schema")
    runtime.follow(database, "orders", takes={OrderPlaced: ignore, OrderPaid: ignore, OrderFailed: ignore})
    return Context(name="pricing", own_database=database, servicers={})


async def test_a_context_that_leaves_out_a_fact_does_not_start(stage: Stage) -> None:
    with pytest.raises(TypeError, match=r"pricing takes no eventhub\.orders\.v1\.OrderPaymentPending of orders"):
        await stage.add(forgetful)
