"""The operator watches a provider's health and forces its breaker."""

import asyncio
from typing import Any

import pytest

from eventhub import refusals
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from services.kit.db.database import Database
from services.kit.work.breaker import FAILURES_MAX, Breaker, State
from services.payments import store
from services.payments.health_worker import PROBE_EVERY_S, HealthWorker
from services.payments.provider_client import ProviderClient
from services.payments.sandbox_gateway import Sandbox
from tests.payments.world import World, open_world
from tests.stage import Stage, until


async def force(world: World, *, is_open: bool) -> int:
    request = pb.ForceProviderRequest(provider="sandbox", open=is_open)
    return (await world.operator.payments.ForceProvider(request)).health.breaker


async def test_of_sixteen_orders_the_last_holds(world: World) -> None:
    await asyncio.gather(*(force(world, is_open=n % 2 == 0) for n in range(16)))

    forced = await world.database.read(store.is_forced_open, "sandbox")
    assert await world.breaker() == ("FORCED_OPEN" if forced else "CLOSED")


async def test_a_provider_forced_open_gets_no_call_until_it_is_let_go(world: World) -> None:
    assert await force(world, is_open=True) == nouns.BREAKER_STATE_FORCED_OPEN
    assert await force(world, is_open=True) == nouns.BREAKER_STATE_FORCED_OPEN
    assert await world.authorize() == "UNKNOWN"
    world.stage.clock.advance(500)
    assert await world.breaker() == "FORCED_OPEN"
    assert await world.charged() == []

    assert await force(world, is_open=False) == nouns.BREAKER_STATE_CLOSED

    await world.becomes("AUTHORIZED")


async def test_forcing_is_told(world: World) -> None:
    async def told(count: int) -> bool:
        return len(await world.facts()) == count

    await force(world, is_open=True)
    await until(lambda: told(1))
    await force(world, is_open=False)

    await until(lambda: told(2))


class Behind:
    """A database that holds its answers back until they are old."""

    def __init__(self, database: Database) -> None:
        self.read_it, self.answer = asyncio.Event(), asyncio.Event()
        self.name = database.name
        self._database = database

    async def read(self, *args: Any) -> object:
        found = await self._database.read(*args)
        self.read_it.set()
        await self.answer.wait()
        return found


async def test_an_order_given_here_is_not_undone_by_an_older_read(world: World) -> None:
    stage, behind = world.stage, Behind(world.database)
    client = ProviderClient(Sandbox(world.database, stage.clock), Breaker(5.0, stage.ids.jitter), stage.clock)
    no_runner: Any = None
    held: Any = behind
    obeying = asyncio.create_task(HealthWorker("sandbox", held, stage.clock, client, no_runner).obey())
    await asyncio.wait_for(behind.read_it.wait(), 5)

    client.force(is_open=True)
    behind.answer.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    obeying.cancel()
    await asyncio.gather(obeying, return_exceptions=True)

    assert client.state() is State.FORCED_OPEN


async def test_probing_goes_on_when_the_database_is_back(world: World) -> None:
    clock = world.stage.clock
    breaker = Breaker(5.0, world.stage.ids.jitter)
    client = ProviderClient(Sandbox(world.database, clock), breaker, clock)
    asked: list[str] = []

    class Away:
        name = world.database.name

        async def read(self, work: Any, *args: Any) -> object:
            asked.append(work.__name__)
            raise refusals.Unavailable

    away: Any = Away()
    no_runner: Any = None
    for _ in range(FAILURES_MAX):
        breaker.failed(breaker.enter(clock.monotonic()), clock.monotonic())
    clock.advance(10)
    assert client.state() is State.HALF_OPEN
    probing = asyncio.create_task(HealthWorker("sandbox", away, clock, client, no_runner).probe(world.stage.ids))

    async def asks_again() -> bool:
        clock.advance(PROBE_EVERY_S)
        return len(asked) > 1 or probing.done()

    await until(asks_again)
    assert not probing.done()
    probing.cancel()


async def test_a_forced_provider_stays_forced_over_a_restart(stage: Stage) -> None:
    await force(await open_world(stage), is_open=True)
    await stage.stop()
    again = Stage(stage.folder)
    try:
        world = await open_world(again)

        assert await world.breaker() == "FORCED_OPEN"
    finally:
        await again.stop()


@pytest.mark.parametrize("provider", ["box_office", "stripe"])
async def test_another_provider_is_unknown(world: World, provider: str) -> None:
    with pytest.raises(refusals.ProviderUnknown):
        await world.operator.payments.ForceProvider(pb.ForceProviderRequest(provider=provider, open=True))


async def test_an_organizer_sees_health_and_may_not_force(world: World) -> None:
    member = world.stage.member()

    answer = await member.payments.GetProviderHealth(pb.GetProviderHealthRequest())

    assert [health.provider for health in answer.providers] == ["sandbox"]
    assert answer.providers[0].breaker == nouns.BREAKER_STATE_CLOSED
    with pytest.raises(refusals.AccessDenied):
        await member.payments.ForceProvider(pb.ForceProviderRequest(provider="sandbox", open=True))
    with pytest.raises(refusals.AccessDenied):
        await member.sandbox.GetSandboxCharges(pb.GetSandboxChargesRequest(order_id="ord_1"))


async def test_a_fault_must_be_one_that_is_known(world: World) -> None:
    for fault in (0, 99):
        with pytest.raises(refusals.InvalidRequest):
            await world.operator.sandbox.SetSandboxFault(pb.SetSandboxFaultRequest(fault=fault))  # type: ignore[arg-type]


async def test_an_order_without_a_charge_has_an_empty_book(world: World) -> None:
    assert await world.charged("ord_none") == []
