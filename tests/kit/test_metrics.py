"""Metrics: of calls, of contexts, and in the form that Prometheus reads."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from eventhub.client import EventHub
from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from eventhub.refusals import DeadlinePassed, Unavailable
from services.inventory.wiring import build
from services.kit.db.database import Tx
from services.kit.db.shards import Shards
from services.kit.feeds.lag import Lag
from services.kit.observe.metrics import READ_EVERY_S, Gauge, Metrics, keep_reading
from services.kit.process.http_server import HttpServer
from services.kit.process.metrics_page import metrics_page
from services.kit.values.addresses import Addresses
from services.kit.values.clock import to_timestamp
from services.kit.work.runner import DueKey, Runner
from tests.fakes.clock import FakeClock
from tests.kit.chain import REQUEST, Chain, for_ever
from tests.stage import Stage, until


async def told(stage: Stage) -> dict[tuple[str, ...], float]:
    """The samples that Prometheus reads: {("calls_total", "context=orders", ...): 1.0}."""
    site = HttpServer([metrics_page(stage.platform.metrics.registry)], Addresses(""))
    try:
        url = f"http://127.0.0.1:{await site.start('127.0.0.1', 0)}/metrics"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert answer.status == 200
            return flat(await answer.text())
    finally:
        await site.stop()


def flat(text: str) -> dict[tuple[str, ...], float]:
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sorted(f"{name}={value}" for name, value in sample.labels.items())
            key = (sample.name.removeprefix("eventhub_"), *labels)
            assert key not in found, f"told twice: {key}"
            found[key] = sample.value
    return found


def of(method: str, context: str) -> tuple[str, str]:
    return f"context={context}", f"method={method}"


async def test_calls_are_counted_by_outcome_and_timed_at_every_hop(stage: Stage) -> None:
    Chain(stage)
    await stage.start()
    for _ in range(3):
        await stage.buyer().orders.Checkout(REQUEST)

    figures = await told(stage)

    for hop in (of("OrdersService/Checkout", "orders"), of("PricingMesh/QuoteOrder", "pricing")):
        assert figures["calls_total", *hop, "outcome=OK"] == 3
        assert figures["call_seconds_count", *hop] == 3
        assert figures["calls_under_way", *hop] == 0


async def test_running_calls_can_be_seen(stage: Stage) -> None:
    leave = asyncio.Event()

    async def wait() -> None:
        await leave.wait()

    chain = Chain(stage, catalog=wait)
    await stage.start()
    buyer, hop = stage.buyer(), of("CatalogMesh/BatchGetEvents", "catalog")
    asked = [asyncio.ensure_future(checkout(buyer)) for _ in range(2)]
    await until(lambda: len(chain.calls) == 6)

    assert (await told(stage))["calls_under_way", *hop] == 2
    leave.set()
    await asyncio.gather(*asked)
    assert (await told(stage))["calls_under_way", *hop] == 0


async def test_how_calls_failed_can_be_seen(stage: Stage) -> None:
    Chain(stage, catalog=for_ever).patience_s = 0.05
    await stage.start()

    with pytest.raises(DeadlinePassed):
        await stage.buyer().orders.Checkout(REQUEST)

    figures = await told(stage)
    assert figures["calls_total", *of("CatalogMesh/BatchGetEvents", "catalog"), "outcome=DEADLINE_PASSED"] == 1


async def checkout(buyer: EventHub) -> None:
    await buyer.orders.Checkout(REQUEST)


async def test_a_context_tells_of_its_database_and_the_process_of_itself(stage: Stage) -> None:
    await stage.add(build)
    await stage.start()

    figures = await told(stage)

    assert {name for name, *_ in figures} >= {"queueing_seconds", "loop_lag_seconds", "process_resident_memory_bytes"}
    assert ("writes_waiting", "database=inventory") in figures
    assert ("write_seconds_count", "database=inventory") in figures


async def test_a_database_is_measured_whether_its_writes_succeed_or_not(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "schema"
    folder.mkdir()
    database = await stage.platform.runtime.database("notes", folder)
    await stage.start()

    seen: list[int] = []

    async def refuse(tx: Tx) -> None:
        seen.append(stage.platform.metrics.writes("notes").waiting)
        raise Unavailable

    with pytest.raises(Unavailable):
        await database.write(refuse)
    with pytest.raises(Unavailable):
        await database.write_long(refuse)

    figures = await told(stage)
    assert seen == [1, 1]
    assert figures["write_seconds_count", "database=notes"] == 2
    assert figures["writes_waiting", "database=notes"] == 0
    await database.close()


async def test_figures_are_measured_again_and_left_out_if_that_fails() -> None:
    clock, metrics = FakeClock(), Metrics(CollectorRegistry())
    reads = 0

    async def fine() -> Sequence[Gauge]:
        nonlocal reads
        reads += 1
        return [
            Gauge(name="things", help="Things.", value=reads, labels={"kind": "fine"}),
            Gauge(name="ends", help="Ends.", value=reads, total=True),
        ]

    async def broken() -> Sequence[Gauge]:
        if reads == 2:
            raise Unavailable
        return [Gauge(name="things", help="Things.", value=7, labels={"kind": "broken"})]

    reading = asyncio.create_task(keep_reading("orders", [fine, broken], metrics, clock))

    def now() -> dict[str, float]:
        families = metrics.collect()
        return {"/".join(map(str, s.labels.values())) or s.name: s.value for f in families for s in f.samples}

    await until(lambda: reads == 1)
    assert (now()["fine"], now()["broken"], now()["eventhub_ends_total"]) == (1, 7, 1)
    clock.advance(READ_EVERY_S)
    await until(lambda: reads == 2)
    await asyncio.sleep(0)
    assert (now()["fine"], "broken" in now()) == (2, False)
    clock.advance(READ_EVERY_S)
    await until(lambda: reads == 3)
    assert (now()["fine"], now()["broken"]) == (3, 7)
    reading.cancel()


async def test_a_follower_tells_how_far_it_is_behind() -> None:
    clock = FakeClock()
    lag = Lag("reporting", "orders", clock)
    assert await lag.gauges() == []
    lag.begun()
    clock.advance(7)
    assert [reading.value for reading in await lag.gauges()] == [0, 0, 7], "silent from the start on"
    fact = Fact(position=5, occurred_at=to_timestamp(clock.now_us()))

    lag.heard(FactBatch(facts=[fact], head=9), 5)
    clock.advance(30)
    assert [reading.value for reading in await lag.gauges()] == [4, 30, 30]
    lag.heard(FactBatch(head=5), 5)
    clock.advance(3)
    assert [reading.value for reading in await lag.gauges()] == [0, 0, 3]
    lag.ended()
    assert await lag.gauges() == [], "another replica follows now"


async def test_a_runner_counts_its_work_and_its_failures() -> None:
    async def due(limit: int, shards: Sequence[int]) -> list[DueKey]:
        return []

    async def do(key: str) -> None:
        if key == "bad":
            raise ValueError
        await asyncio.Event().wait()

    runner = Runner("orders", FakeClock(), Shards("orders", {}), due=due, do=do)
    runner.start("long")
    await runner.start("bad")

    assert [reading.value for reading in await runner.gauges()] == [1, 1]
    await runner.stop()
