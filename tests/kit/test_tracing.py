"""Trace context: accepted, passed on, stored with facts, and continued by their effects."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from eventhub.common.v1.feed_pb2 import Fact, FactBatch, Revision
from eventhub.orders.v1.orders_events_pb2 import OrderFailed
from eventhub.orders.v1.orders_pb2 import Order
from services.kit.db.database import Database, Tx
from services.kit.db.shards import Shards
from services.kit.feeds.feed import facts_after
from services.kit.feeds.follower import Follower
from services.kit.observe import tracing
from services.kit.values.ids import SystemIds
from services.kit.work.runner import DueKey, Runner
from tests.facts import settled
from tests.kit.chain import CHECKOUT, REQUEST, Chain
from tests.kit.peer import ANA, bearer
from tests.stage import Stage

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (GIVEN, GIVEN),
        (f"cc-{TRACE}-{SPAN}-01", GIVEN),  # a later version
        (f"cc-{TRACE}-{SPAN}-01-more", GIVEN),
        ("", ""),
        ("nonsense", ""),
        (f"ff-{TRACE}-{SPAN}-01", ""),
        (f"{GIVEN}-more", ""),
        (f"00-{TRACE.upper()}-{SPAN}-01", ""),
        (f"00-{'0' * 32}-{SPAN}-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        (f"00-{TRACE}-{SPAN}", ""),
        (f"{GIVEN}\n", ""),
    ],
)
def test_only_a_traceparent_is_taken_for_one(header: str, kept: str) -> None:
    assert tracing.parse(header) == kept


def test_fresh_traces_are_traces_and_differ() -> None:
    ids = SystemIds()
    fresh = [ids.trace() for _ in range(100)]

    assert [tracing.parse(trace) for trace in fresh] == fresh
    assert len({tracing.trace_id(trace) for trace in fresh}) == len(fresh)


async def checkout(stage: Stage, *more: tuple[str, str]) -> None:
    metadata = (*bearer(stage.token(ANA)), *more)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}") as wire:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = wire.unary_unary(CHECKOUT)
        await call(REQUEST.SerializeToString(), metadata=metadata)


async def test_a_callers_trace_goes_along_to_the_last_hop(stage: Stage) -> None:
    chain = Chain(stage)
    await stage.start()

    await checkout(stage, ("traceparent", GIVEN))

    assert [call.trace for call in chain.calls] == [GIVEN] * 3


async def test_without_one_a_call_begins_a_trace_of_its_own(stage: Stage) -> None:
    chain = Chain(stage)
    await stage.start()

    await checkout(stage)
    await checkout(stage, ("traceparent", "nonsense"))

    traces = [call.trace for call in chain.calls]
    assert traces == [traces[0]] * 3 + [traces[3]] * 3
    assert tracing.parse(traces[0]) == traces[0] != traces[3] == tracing.parse(traces[3])


async def test_work_keeps_the_trace_of_its_caller_and_nothing_else(stage: Stage) -> None:
    seen = []

    async def do(key: str) -> None:
        seen.append(tracing.trace.get())

    async def due(limit: int, shards: Sequence[int]) -> list[DueKey]:
        return []

    runner = Runner("orders", stage.clock, Shards("orders", {}), due=due, do=do)
    outer = tracing.trace.set(GIVEN)
    begun = runner.start("ord_1")
    tracing.trace.reset(outer)
    await begun
    await runner.start("ord_2")

    assert seen == [GIVEN, ""]


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    folder = tmp_path / "schema"
    folder.mkdir()
    return folder


async def announce(tx: Tx, order_id: str) -> None:
    await tx.announce(OrderFailed(order=Order(order_id=order_id)), aggregate_id=order_id, at_us=1)


async def nothing(after: Revision) -> AsyncIterator[Any]:
    """A feed without any fact."""
    return
    yield


async def told(database: Database) -> FactBatch:
    await settled(database)
    return await database.read(facts_after, 0)


async def test_a_fact_keeps_the_trace_and_so_do_its_effects(stage: Stage, schema: Path) -> None:
    orders = await stage.platform.runtime.database("orders", schema)
    ticketing = await stage.platform.runtime.database("ticketing", schema)

    async def take(tx: Tx, failed: OrderFailed, fact: Fact) -> None:
        await announce(tx, failed.order.order_id)

    async def write(order_id: str, trace: str) -> None:
        tracing.trace.set(trace)
        await orders.write(announce, order_id)

    for order_id, trace in (("ord_1", GIVEN), ("ord_2", "")):
        await asyncio.create_task(write(order_id, trace))
    batch = await told(orders)
    follower = Follower(ticketing, stage.clock, producer="orders", open_feed=nothing, takes={OrderFailed: take})
    await follower.take(batch, Revision())

    assert [fact.trace for fact in batch.facts] == [GIVEN, ""]
    assert [fact.trace for fact in (await told(ticketing)).facts] == [GIVEN, ""]
    assert batch.head == 2
    await orders.close()
    await ticketing.close()
